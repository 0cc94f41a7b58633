import { selectComponents } from '../../app/context.ts'
import { askPoints } from '../../app/points.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import type { PointSighting } from '../../journal/point-cache.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { composeContext, type GlobalOptions } from '../compose.ts'
import { jsonDocument } from '../output/json.ts'
import { columns, terminalOf } from '../output/terminal.ts'

interface PointsOptions extends GlobalOptions {
  readonly usage?: boolean
}

export async function points(options: PointsOptions, names: string[]): Promise<number> {
  const context = await composeContext(options)
  const answers: { component: string; sighting: PointSighting }[] = []
  for (const component of selectComponents(context.site, names)) {
    answers.push({ component: component.name, sighting: await askPoints(context, component, { usage: options.usage ?? false }) })
  }
  if (options.json) {
    const components = answers.map(({ component, sighting }) => ({ component, ...sighting }))
    process.stdout.write(`${jsonDocument({ site: context.site.name, timeZone: context.site.timeZone, components })}\n`)
    return 0
  }
  const { paint } = terminalOf(process.stdout)
  for (const { component, sighting } of answers) {
    const stored = sighting.repositoryBytes === undefined ? '' : ` · repository ${formatSize(sighting.repositoryBytes)}`
    process.stdout.write(
      `${paint('bold', component)} · ${sighting.points.length} restore points${stored} (${context.site.timeZone})\n`,
    )
    for (const line of pointLines(sighting, context.site.timeZone)) process.stdout.write(`  ${line}\n`)
    process.stdout.write('\n')
  }
  return 0
}

function pointLines(sighting: PointSighting, timeZone: string): string[] {
  const rows = sighting.points.map((point) => [
    shortPointId(point.id),
    point.kind,
    formatLocalStamp(point.endedAt, timeZone),
    point.sizeBytes === undefined ? '' : formatSize(point.sizeBytes),
    point.addedBytes === undefined ? '' : `+${formatSize(point.addedBytes)}`,
    point.hasErrors ? 'holds damaged pages' : '',
  ])
  const windows = (sighting.windows ?? []).map(
    (window) => `any second from ${formatLocalStamp(window.from, timeZone)} to ${formatLocalStamp(window.to, timeZone)}`,
  )
  return [...columns(rows, ['left', 'left', 'left', 'right', 'right']), ...windows]
}
