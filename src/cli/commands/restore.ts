import { planRestore } from '../../app/restore/ask-plan.ts'
import type { RestoreListener } from '../../app/restore/request.ts'
import { restore } from '../../app/restore/restore.ts'
import { componentNamed, type AppContext } from '../../app/site/context.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { composeContext } from '../compose.ts'
import type { Console } from '../output/console.ts'
import { restoreLines } from '../views/restore-view.ts'
import { requestOf, targets, type RestoreOptions, type WholeRestoreOptions } from '../restore-options.ts'

export async function restoreCommand(given: RestoreOptions, console: Console, [named]: string[]): Promise<number> {
  const context = await composeContext(given, console)
  if (given.stop !== undefined || given.undo) {
    const { endEarlierRestore } = await import('./end-restore.ts')
    return endEarlierRestore(context, given, console, named ?? '')
  }
  if (named !== undefined) componentNamed(context.site, named)
  const options = await complete(context, given, console, named)
  const request = requestOf(options)
  const view = restoreProgress(context, options.component, console)
  if (options.dryRun) {
    const { planDocument, planLines } = await import('../views/plan-view.ts')
    const plan = await planRestore(context, request, { report: view.report, prepares: false }).finally(view.clear)
    console.print({ plan: planDocument(plan) }, (terminal) => planLines(plan, context.site, terminal))
    return 0
  }
  const outcome = await restore(context, request, view).finally(view.clear)
  console.print({ restore: outcome }, (terminal) => restoreLines(outcome, terminal))
  if (outcome.kind !== 'temporary' || options.detach) return 0
  const { keepUntilStopped } = await import('./end-restore.ts')
  return keepUntilStopped(context, console, outcome)
}

/** Asks on the terminal for what the command line leaves open; throws `usage` where nobody can be asked. */
async function complete(
  context: AppContext,
  options: RestoreOptions,
  console: Console,
  component: string | undefined,
): Promise<WholeRestoreOptions> {
  const { to, inPlace, temporary, database, json, quiet, yes, config: _config, dryRun, ...others } = options
  const hasPlace = to !== undefined || inPlace || temporary || database !== undefined
  if (component !== undefined && hasPlace) return { ...options, component }
  const mayAsk = !dryRun && console.canAsk && console.outlet.errors.terminal.interactive && !json && !quiet && !yes
  const begun = hasPlace || Object.values(others).some((value) => value !== undefined)
  if (mayAsk && !begun) {
    const { guideRestore } = await import('../guide/guide-restore.ts')
    return { ...options, ...(await guideRestore(context, options, console, component)) }
  }
  throw new HoldfastError('usage', `a restore needs ${component === undefined ? 'a component and ' : ''}a place to go to`, {
    hint: `holdfast restore ${component ?? 'COMPONENT'} ${targets}; without any option, and on a terminal, it asks for everything`,
  })
}

/** Draws progress on a terminal, and asks there. */
export function restoreProgress(
  context: AppContext,
  component: string,
  console: Console,
): RestoreListener & { clear: () => void } {
  const { report, clear } = console.progress(component, context.clock)
  return {
    clear,
    report,
    agree: async (consequences) => {
      clear()
      return console.askToType(component, consequences)
    },
  }
}
