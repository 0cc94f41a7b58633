import { applyChanges } from '../../app/setup/apply-changes.ts'
import { lockFileOf, type AppContext } from '../../app/site/context.ts'
import { refreshKit } from '../../app/kit/recovery-kit.ts'
import { planSetUp, proveArchiving, type SetUpPlan } from '../../app/setup/set-up.ts'
import { batchExitCode, HoldfastError } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import type { Change, PlanItem } from '../../domain/plan.ts'
import { isDatabase } from '../../domain/site.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { componentErrorLines } from '../output/error.ts'
import type { Terminal } from '../output/terminal.ts'

export async function setupPlan(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  const { changes, failures } = await planSetUp(context)
  const { name, components } = context.site
  for (const { component, error } of failures) console.fail(componentErrorLines(component, error))
  console.print({ site: name, items: changes.map(itemOf), ...(failures.length === 0 ? {} : { failures }) }, (terminal) =>
    planLines(changes, failures.length > 0, terminal),
  )
  return batchExitCode(
    failures.map(({ error }) => [error]),
    components.length,
  )
}

/** Everything but interruptions is done at once; an interruption wants a yes, on the terminal or by --yes. */
export async function setupApply(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  return withSiteLock(
    {
      place: context.place,
      clock: context.clock,
      signal: context.signal,
      file: lockFileOf(context),
      verb: 'setup apply',
      waitMs: 0,
      onWait: () => undefined,
    },
    () => applyAndProve(context, console),
  )
}

/** Gives back 3 when an interruption was postponed, else 0. */
export async function applyAndProve(context: AppContext, console: Console): Promise<number> {
  const { paint } = console.outlet.results.terminal
  const tell = (line: string) => console.tell(() => [line])
  const { changes, failures } = await planSetUp(context)
  const [failure] = failures
  if (failure !== undefined) throw notPlanned(failure)
  const refused = new Set<Change>()
  const waits = ({ needs }: Change): boolean => needs !== undefined && (refused.has(needs) || waits(needs))
  for (const change of changes) {
    if (waits(change)) continue
    const agreed =
      change.byHand === undefined &&
      (change.interrupts === undefined ||
        (await console.confirm(`${change.action} ${change.subject}: ${change.interrupts}. Do it now?`, false)))
    if (!agreed) refused.add(change)
  }
  const postponed = changes.filter((change) => refused.has(change) || waits(change))
  const wanted = changes.filter((change) => !postponed.includes(change))
  await applyChanges(context, wanted, (change) => tell(`${paint('good', '✓')} ${change.action} ${change.subject}`))
  await refreshKit(context, [])
  for (const { afterwards } of wanted) if (afterwards !== undefined) tell(`  ${afterwards}`)
  for (const change of postponed) {
    const { action, subject, needs } = change
    const why = waits(change) ? `waits for: ${needs?.action} ${needs?.subject}` : change.byHand ? 'by hand' : change.interrupts
    tell(`${paint('warn', '!')} still to do: ${action} ${subject} (${why ?? ''})`)
    if (waits(change)) continue
    for (const line of detailLines(change)) tell(`  ${line}`)
    if (change.afterwards !== undefined) tell(`  ${change.afterwards}`)
    tell(`  ${change.byHand ? 'then' : 'or'}: holdfast setup apply${change.byHand ? '' : ' --yes'}`)
  }
  if (postponed.length === 0) {
    await proveArchiving(context)
    const archives = context.site.components.some(isDatabase)
    tell(`${changes.length === 0 ? 'nothing to change' : 'all is set up'}${archives ? ', and archiving was seen to work' : ''}`)
  }
  console.document({ site: context.site.name, applied: wanted.map(itemOf), postponed: postponed.map(itemOf) })
  return postponed.length === 0 ? exitCodes.done : exitCodes.partlyDone
}

/** What was not looked at is not set up, and half a setup would look like one. */
function notPlanned({ component, error }: SetUpPlan['failures'][number]): HoldfastError {
  const { hint, detail } = error
  return new HoldfastError(error.code, `${component}: ${error.message}; nothing was changed`, { hint, detail })
}

function planLines(changes: readonly Change[], isPart: boolean, { paint }: Terminal): string[] {
  if (changes.length === 0) return [isPart ? 'nothing else to change' : 'nothing to change']
  const lines = changes.flatMap((change) => [
    `${paint('bold', change.action)} ${change.subject}`,
    `    ${change.reason}`,
    ...detailLines(change).map((line) => `    ${paint('dim', line)}`),
    ...(change.interrupts === undefined ? [] : [`    ${paint('warn', `! ${change.interrupts}`)}`]),
    ...(change.byHand
      ? [`    ${paint('warn', '! by hand: holdfast setup apply leaves it to you, and goes on when it is done')}`]
      : []),
    ...(change.afterwards === undefined ? [] : [`    ${change.afterwards}`]),
  ])
  return [
    ...lines,
    '',
    `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}; holdfast setup apply does exactly this${isPart ? ', once all components can be looked at' : ''}`,
  ]
}

const detailLines = ({ detail }: Change): string[] => detail?.split('\n') ?? []

function itemOf({ action, subject, reason, detail, interrupts, byHand, afterwards }: Change): PlanItem {
  return {
    action,
    subject,
    reason,
    ...(detail === undefined ? {} : { detail }),
    ...(interrupts === undefined ? {} : { interrupts }),
    ...(byHand === undefined ? {} : { byHand }),
    ...(afterwards === undefined ? {} : { afterwards }),
  }
}
