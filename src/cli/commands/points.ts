import { selectComponents } from '../../app/site/context.ts'
import { askAllPoints } from '../../app/backup/points.ts'
import { batchExitCode } from '../../domain/errors.ts'
import type { Site } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { componentErrorLines } from '../output/error.ts'
import { pointLines } from '../views/points-view.ts'
import type { Terminal } from '../output/terminal.ts'

interface PointsOptions extends GlobalOptions {
  readonly usage?: boolean
}

export async function points(options: PointsOptions, console: Console, names: string[]): Promise<number> {
  const context = await composeContext(options, console)
  const { name: site, timeZone } = context.site
  const answers = await askAllPoints(context, selectComponents(context.site, names), { usage: options.usage ?? false })
  const failures = answers.flatMap((answer) => ('error' in answer ? [[answer.error]] : []))
  for (const answer of answers) {
    if ('error' in answer) console.fail(componentErrorLines(answer.component, answer.error))
    else console.tell((terminal) => [...answerLines(answer.component, answer.sighting, context.site, terminal), ''])
  }
  console.document({
    ...{ site, timeZone },
    components: answers.map((answer) => ('error' in answer ? answer : { component: answer.component, ...answer.sighting })),
  })
  return batchExitCode(failures, answers.length)
}

function answerLines(component: string, sighting: PointSighting, site: Site, terminal: Terminal): string[] {
  const stored = sighting.repositoryBytes === undefined ? '' : ` · repository ${formatSize(sighting.repositoryBytes)}`
  const heading = `${terminal.paint('bold', component)} · ${sighting.points.length} restore points${stored} (${site.timeZone})`
  return [heading, ...pointLines(sighting, site, terminal).map((line) => `  ${line}`)]
}
