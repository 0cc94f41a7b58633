import type { ComponentStatus, StatusReport } from '../../app/status.ts'
import { formatDuration } from '../../domain/duration.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { isStretch } from '../../policy/recovery-gaps.ts'
import { errorLines } from './error.ts'
import { columns, visible, type Terminal } from './terminal.ts'
import { timeStamp, timeText } from './time.ts'

export function statusLines(report: StatusReport, terminal: Terminal): string[] {
  const { paint } = terminal
  const problems = report.components.filter((component) => !component.healthy).length
  const verdict =
    problems === 0 ? paint('good', 'all is well') : paint('bad', `${problems} ${problems === 1 ? 'problem' : 'problems'}`)
  const strips = terminal.columns >= 100 ? 30 : 10
  const rows = report.components.map((component) => [
    `  ${component.healthy ? paint('good', '✓') : paint('bad', '✗')} ${component.component}`,
    component.ageMs === undefined ? paint('bad', 'never') : `${formatDuration(component.ageMs)} ago`,
    component.newestPoint === undefined ? '' : shortPointId(component.newestPoint.id),
    component.sourceBytes === undefined ? '' : formatSize(component.sourceBytes),
    component.lastStep?.addedBytes === undefined ? '' : `+${formatSize(component.lastStep.addedBytes)}`,
    component.lastStep === undefined ? '' : formatDuration(component.lastStep.durationMs),
    strip(component, strips, terminal),
  ])
  const heading = ['', 'newest', 'point', 'size', 'last run', 'took', 'last runs'].map((text) => paint('dim', text))
  return [
    `${paint('bold', report.site)}  ${timeText(report.at)}  ${verdict}`,
    '',
    ...columns([heading, ...rows], ['left', 'right', 'left', 'right', 'right', 'right']),
    ...report.components.flatMap((component) => windowLines(component, report)),
    ...report.components.flatMap(pinLines),
    ...(report.unfinishedSince === undefined
      ? []
      : ['', `  a run began ${timeText(report.unfinishedSince)} and has not ended: it still goes on, or was killed`]),
    ...report.components.flatMap((component) => problemLines(component)),
  ]
}

function strip(component: ComponentStatus, length: number, { paint }: Terminal): string {
  const signs = {
    done: paint('good', '▮'),
    partial: paint('warn', '◧'),
    failed: paint('bad', '▯'),
    interrupted: paint('warn', '–'),
  }
  return component.outcomes
    .slice(-length)
    .map((outcome) => signs[outcome])
    .join('')
}

function windowLines(component: ComponentStatus, report: StatusReport): string[] {
  if (component.windows === undefined || component.askedAt === undefined) return []
  const age = formatDuration(report.at - component.askedAt)
  return [
    '',
    ...component.windows
      .filter(isStretch)
      .map(
        (window) =>
          `  ${component.component}: any second from ${timeStamp(window.from)} to ${timeStamp(window.to)} (asked ${age} ago)`,
      ),
    ...(component.unreachable ?? []).map(
      ({ from, to }) =>
        `  ${component.component}: nothing from ${timeStamp(from)} to ${timeStamp(to)}: no base backup leads there; holdfast backup ${component.component}`,
    ),
  ]
}

/** Pins that are shown of a component; the others are in its list of points. */
const shownPins = 5

function pinLines({ component, pins }: ComponentStatus): string[] {
  if (pins.length === 0) return []
  const lines = pins.slice(-shownPins).map(({ id, at, reason, keptBytes }) => {
    const kept = keptBytes === undefined ? '' : `, ${formatSize(keptBytes)} month after month`
    return `  ★ ${component} ${shortPointId(id)} of ${timeStamp(at)} is kept for ever: ${visible(reason)}${kept}`
  })
  const more = pins.length - lines.length
  return ['', ...lines, ...(more > 0 ? [`    and ${more} older: holdfast points ${component}`] : [])]
}

function problemLines(component: ComponentStatus): string[] {
  if (component.healthy) return []
  const { lastStep, staleness } = component
  if (lastStep === undefined) return ['', `  ${component.component}: never backed up; holdfast backup ${component.component}`]
  const [cause] = lastStep.errors
  if (cause === undefined) {
    const why = lastStep.outcome === 'done' ? (staleness ?? '') : `the last run was ${lastStep.outcome}`
    return ['', `  ${component.component}: ${why}`, `    holdfast backup ${component.component}`]
  }
  return [
    '',
    ...errorLines(cause).map((line, index) =>
      index === 0 ? `  ${component.component}: ${visible(line)}` : `    ${visible(line)}`,
    ),
  ]
}
