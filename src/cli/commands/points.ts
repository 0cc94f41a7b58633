import { selectComponents } from '../../app/context.ts'
import { askAllPoints } from '../../app/points.ts'
import { batchExitCode, type ErrorRecord } from '../../domain/errors.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import type { PointSighting } from '../../journal/point-cache.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { errorLines } from '../output/error.ts'
import { jsonDocument } from '../output/json.ts'
import { columns, terminalOf, visible } from '../output/terminal.ts'
import { timeStamp } from '../output/time.ts'

interface PointsOptions extends GlobalOptions {
  readonly usage?: boolean
}

export async function points(options: PointsOptions, names: string[]): Promise<number> {
  const context = await composeContext(options)
  const { name: site, timeZone } = context.site
  const answers = await askAllPoints(context, selectComponents(context.site, names), { usage: options.usage ?? false })
  const failures = answers.flatMap((answer) => ('error' in answer ? [[answer.error]] : []))
  if (options.json) {
    const components = answers.map((answer) => ('error' in answer ? answer : { component: answer.component, ...answer.sighting }))
    process.stdout.write(`${jsonDocument({ site, timeZone, components })}\n`)
  } else {
    for (const answer of answers) {
      if ('error' in answer) process.stderr.write(`${failureLines(answer.component, answer.error).join('\n')}\n\n`)
      else if (!options.quiet) process.stdout.write(`${answerLines(answer.component, answer.sighting, timeZone).join('\n')}\n\n`)
    }
  }
  return batchExitCode(failures, answers.length)
}

function failureLines(component: string, error: ErrorRecord): string[] {
  const { paint } = terminalOf(process.stderr)
  return [
    paint('bold', component),
    ...errorLines(error).map((line, index) => `  ${index === 0 ? `${paint('bad', '✗')} ` : '  '}${visible(line)}`),
  ]
}

function answerLines(component: string, sighting: PointSighting, timeZone: string): string[] {
  const { paint } = terminalOf(process.stdout)
  const stored = sighting.repositoryBytes === undefined ? '' : ` · repository ${formatSize(sighting.repositoryBytes)}`
  const heading = `${paint('bold', component)} · ${sighting.points.length} restore points${stored} (${timeZone})`
  return [heading, ...pointLines(sighting).map((line) => `  ${line}`)]
}

function pointLines(sighting: PointSighting): string[] {
  const rows = sighting.points.map((point) => [
    shortPointId(point.id),
    point.kind,
    timeStamp(point.endedAt),
    point.sizeBytes === undefined ? '' : formatSize(point.sizeBytes),
    point.addedBytes === undefined ? '' : `+${formatSize(point.addedBytes)}`,
    [point.hasErrors ? 'holds damaged pages' : '', point.pin === undefined ? '' : `★ ${visible(point.pin)}`]
      .filter((note) => note !== '')
      .join(' · '),
  ])
  const windows = (sighting.windows ?? []).map((window) => `any second from ${timeStamp(window.from)} to ${timeStamp(window.to)}`)
  return [...columns(rows, ['left', 'left', 'left', 'right', 'right']), ...windows]
}
