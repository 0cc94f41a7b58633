import { applySetUp, type SetUpListener } from '../../app/setup/apply.ts'
import { planSetUp } from '../../app/setup/set-up.ts'
import { holdSite } from '../../app/site/hold-site.ts'
import { batchExitCode } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { componentErrorLines } from '../output/error.ts'
import { afterwardsLines, changedLine, postponedLines, setUpEndLines, setUpPlanLines, shownItem } from '../views/setup-view.ts'

export async function setupPlan(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  const { changes, failures } = await planSetUp(context)
  const { name, components } = context.site
  for (const { component, error } of failures) console.fail(componentErrorLines(component, error))
  console.print({ site: name, items: changes.map(shownItem), ...(failures.length === 0 ? {} : { failures }) }, (terminal) =>
    setUpPlanLines(changes, failures.length > 0, terminal),
  )
  return batchExitCode(
    failures.map(({ error }) => [error]),
    components.length,
  )
}

export async function setupApply(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  const outcome = await holdSite(context, 'setup apply', () => applySetUp(context, setUpListener(console)))
  console.print(
    {
      site: context.site.name,
      applied: outcome.wanted.map(shownItem),
      postponed: outcome.postponed.map(({ change }) => shownItem(change)),
    },
    () => setUpEndLines(outcome),
  )
  return outcome.postponed.length === 0 ? exitCodes.done : exitCodes.partlyDone
}

/** An interruption wants a yes, on the terminal or by --yes. */
export const setUpListener = (console: Console): SetUpListener => ({
  agree: ({ action, subject, interrupts }) => console.confirm(`${action} ${subject}: ${interrupts ?? ''}. Do it now?`, false),
  applied: (change) => console.tell(changedLine(change)),
  settled: ({ wanted, postponed }) =>
    console.tell((terminal) => [...afterwardsLines(wanted), ...postponed.flatMap((one) => postponedLines(one, terminal))]),
})
