import { drill, exitCodeOfDrill } from '../../app/drill/drill.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { drillEndLines, drillLines, DrillView } from '../views/drill-view.ts'
import type { View } from '../output/printer.ts'

interface DrillOptions extends GlobalOptions {
  readonly wait?: number
}

/** Tests a restore of all components, or of those named. */
export async function drillCommand(options: DrillOptions, console: Console, components: string[]): Promise<number> {
  const context = await composeContext(options, console)
  const { site } = context
  const { wait = 0 } = options
  const view = new DrillView(console.outlet.results, site.name, site.objectives)
  const report = await drill(context, { components, waitMs: wait }, console.isTalking ? view.listen : () => undefined)
  const failed = report.drills.filter(({ outcome }) => outcome !== 'passed')
  const failures: View = (terminal) => [
    ...failed.flatMap((result) => drillLines(result, site.objectives, terminal, result.component.length)),
    ...drillEndLines(report, terminal),
  ]
  // People have read it while it went on.
  console.print({ drill: report }, () => [], report.outcome === 'passed' ? undefined : failures)
  return exitCodeOfDrill(report)
}
