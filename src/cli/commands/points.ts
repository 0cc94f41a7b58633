import { selectComponents } from '../../app/site/context.ts'
import { askAllPoints } from '../../app/backup/points.ts'
import { batchExitCode } from '../../domain/errors.ts'
import type { Site } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { printComponentError } from '../output/error.ts'
import { jsonDocument } from '../output/json.ts'
import { pointLines } from '../output/points-view.ts'
import { terminalOf } from '../output/terminal.ts'

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
      if ('error' in answer) printComponentError(answer.component, answer.error)
      else if (!options.quiet)
        process.stdout.write(`${answerLines(answer.component, answer.sighting, context.site).join('\n')}\n\n`)
    }
  }
  return batchExitCode(failures, answers.length)
}

function answerLines(component: string, sighting: PointSighting, site: Site): string[] {
  const { paint } = terminalOf(process.stdout)
  const stored = sighting.repositoryBytes === undefined ? '' : ` · repository ${formatSize(sighting.repositoryBytes)}`
  const heading = `${paint('bold', component)} · ${sighting.points.length} restore points${stored} (${site.timeZone})`
  return [heading, ...pointLines(sighting, site, terminalOf(process.stdout)).map((line) => `  ${line}`)]
}
