import { HoldfastError } from '../../domain/errors.ts'
import type { Change } from '../../domain/plan.ts'
import { isDatabase } from '../../domain/site.ts'
import { refreshKit } from '../kit/recovery-kit.ts'
import type { AppContext } from '../site/context.ts'
import { applyChanges } from './apply-changes.ts'
import { planSetUp, proveArchiving, type SetUpPlan } from './set-up.ts'

/** What is asked of people while a site is set up, and what they see of it. */
export interface SetUpListener {
  /** Whether something that runs may be interrupted now. */
  readonly agree: (change: Change) => Promise<boolean>
  readonly applied: (change: Change) => void
  /** All is done that may be done now; archiving is not proven yet. */
  readonly settled: (choice: SetUpChoice) => void
}

export interface SetUpChoice {
  readonly wanted: readonly Change[]
  readonly postponed: readonly Postponed[]
}

/** A change that is left for later, with what it waits for where that is another one. */
export interface Postponed {
  readonly change: Change
  readonly waitsFor: Change | undefined
}

export interface SetUpOutcome extends SetUpChoice {
  /** A segment of WAL was seen to arrive from every database; false where there are none, or something was postponed. */
  readonly archives: boolean
}

/**
 * Plans and does what is missing for a first backup: everything but interruptions at once, an interruption when somebody agrees to
 * it. Nothing is changed while a component can't be looked at: half a setup would look like one.
 */
export async function applySetUp(context: AppContext, listener: SetUpListener): Promise<SetUpOutcome> {
  const { changes, failures } = await planSetUp(context)
  const [failure] = failures
  if (failure !== undefined) throw notPlanned(failure)
  const choice = await chooseChanges(changes, listener.agree)
  await applyChanges(context, choice.wanted, listener.applied)
  await refreshKit(context, [])
  listener.settled(choice)
  if (choice.postponed.length > 0) return { ...choice, archives: false }
  await proveArchiving(context)
  return { ...choice, archives: context.site.components.some(isDatabase) }
}

/** What is done now. A change waits for whatever it needs, and nobody is asked about one that has to wait. */
export async function chooseChanges(
  changes: readonly Change[],
  agree: (change: Change) => Promise<boolean>,
): Promise<SetUpChoice> {
  const wanted: Change[] = []
  const postponed: Postponed[] = []
  for (const change of changes) {
    const waitsFor = postponed.some((earlier) => earlier.change === change.needs) ? change.needs : undefined
    const isWanted =
      waitsFor === undefined && change.byHand === undefined && (change.interrupts === undefined || (await agree(change)))
    if (isWanted) wanted.push(change)
    else postponed.push({ change, waitsFor })
  }
  return { wanted, postponed }
}

function notPlanned({ component, error }: SetUpPlan['failures'][number]): HoldfastError {
  const { hint, detail } = error
  return new HoldfastError(error.code, `${component}: ${error.message}; nothing was changed`, { hint, detail })
}
