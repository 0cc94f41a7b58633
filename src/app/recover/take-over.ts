import { rmSync } from 'node:fs'
import { errorRecord, HoldfastError, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import type { RunResult } from '../../domain/events.ts'
import { applySetUp, type SetUpListener, type SetUpOutcome } from '../setup/apply.ts'
import type { AppContext } from '../site/context.ts'
import { holdSite } from '../site/hold-site.ts'
import type { Lease } from '../../state/lease-files.ts'
import { recoveryFileOf, recoveryFolderOf } from './recover.ts'

/** What taking over asks of people, and the work that others do for it. */
export interface TakeOverSteps {
  /** @param holder the machine that backs the site up until now */
  readonly agree: (holder: Lease | undefined) => Promise<boolean>
  readonly setUp: SetUpListener
  readonly hasSetUp: (outcome: SetUpOutcome) => void
  readonly backUp: () => Promise<RunResult>
  readonly startTimers: () => Promise<void>
}

export interface TakeOverOutcome {
  /** Undefined while something of the setup is still to do: then no backup was made. */
  readonly run: RunResult | undefined
  /** Every component has a restore point of this machine, and nothing else went wrong. */
  readonly isWhole: boolean
  /** Why no timer was started, on a machine that can have none. */
  readonly timersError: ErrorRecord | undefined
}

/**
 * Makes this the live machine: it takes the lease, sets everything up, archiving included, takes a backup at once, because a
 * restored database has no recovery window on its new timeline before, and starts the timers: the last thing that the machine before
 * had, and this one lacks.
 */
export async function takeOver(context: AppContext, steps: TakeOverSteps): Promise<TakeOverOutcome> {
  const { site, storage, lease, signal, stateDirectory } = context
  await storage.check(signal)
  if (!(await steps.agree(await lease.holder()))) {
    throw new HoldfastError('usage', 'not confirmed; nothing was changed', { hint: `type ${site.name}, or give --yes` })
  }
  const outcome = await holdSite(context, 'recover --take-over', async () => {
    await lease.takeOver()
    return applySetUp(context, steps.setUp)
  })
  steps.hasSetUp(outcome)
  if (outcome.postponed.length > 0) return { run: undefined, isWhole: false, timersError: undefined }
  const run = await steps.backUp()
  if (!isWhole(run)) return { run, isWhole: false, timersError: undefined }
  // What it was recovered from is of no more use.
  rmSync(recoveryFolderOf(stateDirectory), { recursive: true, force: true })
  rmSync(recoveryFileOf(stateDirectory), { force: true })
  return { run, isWhole: true, timersError: await timersErrorOf(steps.startTimers) }
}

async function timersErrorOf(startTimers: () => Promise<void>): Promise<ErrorRecord | undefined> {
  try {
    await startTimers()
    return undefined
  } catch (error) {
    const { code } = toHoldfastError(error)
    if (code !== 'program-missing' && code !== 'not-root') throw error
    return errorRecord(error)
  }
}

/** What the restored database wrote while it did not archive is in the new backup, and its gap is told of. That is no failure. */
export const isWhole = ({ outcome, steps, errors }: RunResult): boolean =>
  outcome === 'done' ||
  (errors.length === 0 && steps.every((step) => step.point !== undefined && step.errors.every(({ code }) => code === 'wal-gap')))
