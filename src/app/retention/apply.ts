import { batchExitCode, HoldfastError } from '../../domain/errors.ts'
import type { RetentionResult } from '../../domain/events.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import type { Component } from '../../domain/site.ts'
import type { AppContext } from '../site/context.ts'
import { holdSite } from '../site/hold-site.ts'
import {
  applyRetention,
  confirmClock,
  isPlanned,
  planAllRetention,
  standingRefusal,
  type ComponentRetention,
  type RetainWish,
  type RetentionAnswer,
  type RetentionListener,
} from './retain.ts'

/** What is asked of people while points are removed, and what they see of it. */
export interface RetentionApplyListener {
  readonly planned: (planned: ComponentRetention) => void
  /** Whether so many points may go for ever. */
  readonly agree: (points: number) => Promise<boolean>
  /** The work on a component begins; what comes back is told of it, and then how it ended. */
  readonly begin: (component: Component) => RetentionListener & { readonly end: (result: RetentionResult) => void }
}

export interface AppliedRetention {
  readonly results: readonly RetentionResult[]
  readonly isInterrupted: boolean
}

/** Plans, asks, and does exactly that, all under the site's lock: what was agreed to can't change in between. */
export function planAndApplyRetention(
  context: AppContext,
  components: readonly Component[],
  wish: RetainWish,
  listener: RetentionApplyListener,
): Promise<AppliedRetention> {
  return holdSite(context, 'retention apply', async () => {
    await context.lease.hold()
    return applyPlanned(context, await planAllRetention(context, components), wish, listener)
  })
}

async function applyPlanned(
  context: AppContext,
  answers: readonly RetentionAnswer[],
  wish: RetainWish,
  listener: RetentionApplyListener,
): Promise<AppliedRetention> {
  const planned = answers.filter(isPlanned)
  for (const one of planned) listener.planned(one)
  const points = goingPoints(planned, wish)
  if (points > 0 && !(await listener.agree(points))) {
    throw new HoldfastError('usage', 'not confirmed; nothing was removed', { hint: 'answer y, or give --yes' })
  }
  if (wish.clockIsRight) confirmClock(context, planned)
  const results: RetentionResult[] = []
  for (const answer of answers) {
    if (context.signal.aborted) break
    results.push(await applyTo(context, answer, wish, listener))
  }
  return { results, isInterrupted: context.signal.aborted }
}

/** How many points go, of all components whose plan stands. */
export function goingPoints(planned: readonly ComponentRetention[], wish: RetainWish): number {
  const standing = planned.filter((one) => standingRefusal(one, wish) === undefined)
  return standing.reduce((sum, { plan }) => sum + plan.remove.length, 0)
}

async function applyTo(
  context: AppContext,
  answer: RetentionAnswer,
  wish: RetainWish,
  { begin }: RetentionApplyListener,
): Promise<RetentionResult> {
  const { component } = answer
  const { end, ...listener } = begin(component)
  const result: RetentionResult = isPlanned(answer)
    ? await applyRetention(context, component, { ...wish, shown: answer.plan }, listener)
    : { component: component.name, outcome: 'failed', removed: [], durationMs: 0, error: answer.error }
  end(result)
  return result
}

export function exitCodeOfRetention({ results, isInterrupted }: AppliedRetention): number {
  if (isInterrupted) return exitCodes.interrupted
  const failures = results.flatMap(({ error }) => (error === undefined ? [] : [[error]]))
  return batchExitCode(failures, results.length)
}
