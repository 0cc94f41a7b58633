import type { ComponentStatus, DayStatus, DrillStatus, StatusReport } from '../../contract/status.ts'
import type { Instant } from '../../domain/clock.ts'
import { formatDuration } from '../../domain/duration.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { isStretch } from '../../policy/recovery-gaps.ts'
import { errorLines } from '../output/error.ts'
import { columns, widthOf, wrapped, type Terminal } from '../output/terminal.ts'
import { dayText, timeStamp, timeText } from '../output/time.ts'

export function statusLines(report: StatusReport, terminal: Terminal): string[] {
  const { paint } = terminal
  const findings = report.watch?.findings ?? []
  const problems = report.components.filter((component) => !component.healthy).length + findings.length
  const verdict =
    problems === 0 ? paint('good', 'all is well') : paint('bad', `${problems} ${problems === 1 ? 'problem' : 'problems'}`)
  return [
    `${paint('bold', report.site)}  ${timeText(report.at)}  ${verdict}`,
    '',
    ...table(report, terminal),
    ...section(siteNotes(report), terminal),
    ...section(
      report.components.flatMap((component) => windowNotes(component, report)),
      terminal,
    ),
    ...section(report.components.flatMap(pinNotes), terminal),
    ...report.components.flatMap((component) => problemLines(component, terminal)),
    ...findings.flatMap(({ component, error, seenAt }) => {
      const when = seenAt === undefined ? '' : ` (seen ${formatDuration(report.at - seenAt)} ago)`
      return error === undefined ? [] : ['', ...told(component ?? 'site', `${error.message}${when}`, error.hint, terminal)]
    }),
  ]
}

const wholeStrip = 30
const leastStrip = 7

/** Columns of a table: the strip of days takes what the others leave. */
function table(report: StatusReport, terminal: Terminal): string[] {
  const { paint } = terminal
  const cells = report.components.map((component) => [
    `  ${component.healthy ? paint('good', '✓') : paint('bad', '✗')} ${component.component}`,
    component.ageMs === undefined ? paint('bad', 'never') : `${formatDuration(component.ageMs)} ago`,
    lossCell(component, terminal),
    recoveryCell(component, report.rtoMs, terminal),
    component.repositoryBytes === undefined ? sizeText(component.sourceBytes) : formatSize(component.repositoryBytes),
    component.addedPerDayBytes === undefined ? '' : `+${formatSize(component.addedPerDayBytes)}`,
    component.lastStep === undefined ? '' : formatDuration(component.lastStep.durationMs),
    component.ratio === undefined ? '' : ratioText(component.ratio),
  ])
  const headings = ['', 'newest', 'could lose', 'recover in', 'size', 'a day', 'took', 'ratio']
  const widths = headings.map((text, index) => Math.max(text.length, ...cells.map((row) => widthOf(row[index] ?? ''))))
  // What the eye looks for comes first: a month of days before how long it took, and that it is safe before both.
  let shown = headings.length
  const room = () => terminal.columns - widths.slice(0, shown).reduce((sum, width) => sum + width + 2, 0)
  while (shown > 6 && room() < wholeStrip) shown -= 1
  while (shown > 4 && room() < leastStrip) shown -= 1
  const days = Math.max(leastStrip, Math.min(wholeStrip, room()))
  const rows = report.components.map((component, index) => [
    ...(cells[index]?.slice(0, shown) ?? []),
    strip(component.days.slice(-days), terminal),
  ])
  const head = [...headings.slice(0, shown), `${days} days`].map((text) => paint('dim', text))
  return columns([head, ...rows], ['left', ...Array.from({ length: shown - 1 }, () => 'right' as const)])
}

const sizeText = (sizeBytes: number | undefined): string => (sizeBytes === undefined ? '' : `~${formatSize(sizeBytes)}`)

/** Without Intl, whose first use costs half a start of Node. */
const ratioText = (ratio: number): string =>
  `${ratio >= 10 ? String(Math.round(ratio)).replaceAll(/\B(?=(\d{3})+$)/g, ',') : ratio.toFixed(1)}x`

function lossCell({ lossMs, lossLimitMs }: ComponentStatus, { paint }: Terminal): string {
  if (lossMs === undefined) return paint('bad', 'unknown')
  const text = `${shortDuration(lossMs)} of ${shortDuration(lossLimitMs)}`
  return lossMs > lossLimitMs ? paint('bad', text) : text
}

function recoveryCell({ recovery }: ComponentStatus, rtoMs: number, { paint }: Terminal): string {
  if (recovery === undefined) return paint('dim', 'not measured')
  const text = `${shortDuration(recovery.durationMs)} of ${shortDuration(rtoMs)}`
  return recovery.durationMs > rtoMs ? paint('bad', text) : text
}

/** One unit: `4m`, `3h`, and `28h`, in which a day counts. */
function shortDuration(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000)
  return hours >= 24 && hours < 48 ? `${hours}h` : (formatDuration(milliseconds).split(' ')[0] ?? '')
}

function strip(days: readonly DayStatus[], { paint }: Terminal): string {
  const signs = {
    done: paint('good', '▮'),
    partial: paint('warn', '◧'),
    failed: paint('bad', '▯'),
    interrupted: paint('warn', '–'),
  }
  return days.map(({ outcome }) => (outcome === undefined ? paint('dim', '·') : signs[outcome])).join('')
}

/** A name, and what is said of it. */
type Note = readonly [name: string, text: string]

/** Notes below one another, their texts aligned and broken to the width of the terminal. */
function section(notes: readonly Note[], { columns: width, paint }: Terminal): string[] {
  if (notes.length === 0) return []
  const nameWidth = Math.max(...notes.map(([name]) => widthOf(name)))
  const indent = ' '.repeat(2 + nameWidth + 2)
  return [
    '',
    ...notes.flatMap(([name, text]) =>
      wrapped([text], width - indent.length).map((line, row) =>
        row === 0 ? `  ${paint('dim', name)}${' '.repeat(nameWidth - widthOf(name) + 2)}${line}` : indent + line,
      ),
    ),
  ]
}

function siteNotes(report: StatusReport): Note[] {
  const { at, watch, nextBackupAt, unfinishedSince, components, notices } = report
  const ago = (then: Instant) => `${formatDuration(at - then)} ago`
  // What a drill measured is told by the line of drills.
  const restored = components.flatMap(({ component, recovery, drill }) =>
    recovery === undefined || drill !== undefined
      ? []
      : [`${component} in ${formatDuration(recovery.durationMs)}, ${ago(recovery.at)}`],
  )
  return [
    ...(watch?.archiving ?? []).map(({ component, said }): Note => ['archiving', `${component}: ${said}`]),
    ['watch', watch === undefined ? 'has never looked: holdfast watch' : `looked ${ago(watch.at)}`],
    ['next run', `due ${timeText(nextBackupAt)}`],
    ...drillNotes(report),
    ...(restored.length === 0 ? [] : [['restored', restored.join('; ')] as const]),
    ...(unfinishedSince === undefined
      ? []
      : [['run', `began ${timeText(unfinishedSince)} and has not ended: it still goes on, or was killed`] as const]),
    ...(notices.open.length === 0
      ? []
      : [['told', notices.open.map(({ subject, since }) => `${subject} for ${formatDuration(at - since)}`).join('; ')] as const]),
    ...(notices.waitingSince === undefined
      ? []
      : [
          [
            'notices',
            `${notices.waiting} wait, the oldest for ${formatDuration(at - notices.waitingSince)}: holdfast notify test`,
          ] as const,
        ]),
    ...notices.givenUp.map(({ channel, reason }): Note => ['notices', `${channel} is given up: ${reason}`]),
    ...components.flatMap(({ component, retentionLeft }): Note[] =>
      retentionLeft === undefined
        ? []
        : [
            [
              'retention',
              `${component}: left ${ago(retentionLeft.at)}: ${retentionLeft.error?.message ?? ''}; holdfast retention plan`,
            ],
          ],
    ),
  ]
}

/** `passed 12 Jan, next 12 Feb`; components that went another way are named. */
function drillNotes({ at, components, nextDrillAt }: StatusReport): Note[] {
  const all = (wanted: DrillStatus['outcome'] | undefined) => components.filter(({ drill }) => drill?.outcome === wanted)
  const [passed, failed, never] = [all('passed'), all('failed'), all(undefined)]
  const named = (some: readonly ComponentStatus[]) =>
    some.length === components.length ? '' : ` (${some.map(({ component }) => component).join(', ')})`
  const said = (word: string, some: readonly ComponentStatus[]) => {
    const times = some.flatMap(({ drill }) => (drill === undefined ? [] : [drill.at]))
    const oldest = times.reduce<Instant | undefined>(
      (first, time) => (first === undefined || time < first ? time : first),
      undefined,
    )
    return some.length === 0 ? [] : [`${word}${oldest === undefined ? '' : ` ${dayText(oldest, at)}`}${named(some)}`]
  }
  const next = nextDrillAt === undefined ? [] : [`next ${dayText(nextDrillAt, at)}`]
  return [
    ['drill', [...said('passed', passed), ...said('failed', failed), ...said('none in 40 days', never), ...next].join(', ')],
  ]
}

function windowNotes(component: ComponentStatus, report: StatusReport): Note[] {
  if (component.windows === undefined || component.askedAt === undefined) return []
  const age = formatDuration(report.at - component.askedAt)
  return [
    ...component.windows
      .filter(isStretch)
      .map((window): Note => [
        component.component,
        `any second from ${timeStamp(window.from)} to ${timeStamp(window.to)} (asked ${age} ago)`,
      ]),
    ...(component.unreachable ?? []).map(({ from, to }): Note => {
      const way = `no base backup leads there; holdfast backup ${component.component}`
      return [component.component, `nothing from ${timeStamp(from)} to ${timeStamp(to)}: ${way}`]
    }),
  ]
}

/** Pins that are shown of a component; the others are in its list of points. */
const shownPins = 5

function pinNotes({ component, pins }: ComponentStatus): Note[] {
  const notes = pins.slice(-shownPins).map(({ id, at, reason, keptBytes }): Note => {
    const kept = keptBytes === undefined ? '' : `, ${formatSize(keptBytes)} month after month`
    return [`★ ${component}`, `${shortPointId(id)} of ${timeStamp(at)} is kept for ever: ${reason}${kept}`]
  })
  const more = pins.length - notes.length
  return more > 0 ? [...notes, ['', `and ${more} older: holdfast points ${component}`]] : notes
}

/** What is not well with a component; what follows from the same cause is said once. */
function problemLines({ component, checks, lastStep }: ComponentStatus, terminal: Terminal): string[] {
  const wrong = checks.filter(({ error }) => error !== undefined)
  const shown = lastStep === undefined ? wrong.filter(({ kind }) => kind !== 'last-run') : wrong
  return shown.flatMap(({ error }) => {
    if (error === undefined) return []
    const [message = '', ...rest] = errorLines(error)
    return ['', ...told(component, message, rest.join(' '), terminal)]
  })
}

function told(name: string, message: string, hint: string | undefined, { columns: width }: Terminal): string[] {
  const indent = '    '
  const lines = wrapped([`${name}: ${message}`], width - indent.length)
  const hints = hint === undefined || hint === '' ? [] : wrapped([hint], width - indent.length)
  return [...lines.map((line, row) => (row === 0 ? `  ${line}` : indent + line)), ...hints.map((line) => indent + line)]
}
