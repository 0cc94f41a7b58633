import { drill, exitCodeOfDrill } from '../../app/drill/drill.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { drillEndLines, drillLines, DrillView } from '../output/drill-view.ts'
import { jsonDocument } from '../output/json.ts'
import { terminalOf } from '../output/terminal.ts'

interface DrillOptions extends GlobalOptions {
  readonly wait?: number
}

/** Tests a restore of all components, or of those named. */
export async function drillCommand(options: DrillOptions, components: string[]): Promise<number> {
  const context = await composeContext(options)
  const { site } = context
  const { wait = 0, json, quiet } = options
  const view = new DrillView(terminalOf(process.stdout), site.name, site.objectives, (text) => process.stdout.write(text))
  const report = await drill(context, { components, waitMs: wait }, json || quiet ? () => undefined : view.listen)
  if (json) process.stdout.write(`${jsonDocument({ drill: report })}\n`)
  else if (quiet && report.outcome !== 'passed') {
    const errors = terminalOf(process.stderr)
    const failed = report.drills.filter(({ outcome }) => outcome !== 'passed')
    const lines = failed.flatMap((result) => drillLines(result, site.objectives, errors, result.component.length))
    process.stderr.write(`${[...lines, ...drillEndLines(report, errors)].join('\n')}\n`)
  }
  return exitCodeOfDrill(report)
}
