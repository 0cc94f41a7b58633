import type { Instant } from '../../domain/clock.ts'
import { HoldfastError, toHoldfastError } from '../../domain/errors.ts'
import type { RetryBudget } from '../../policy/retry.ts'
import type { AppContext } from '../site/context.ts'

export interface RetryListener {
  /** Removes what made an attempt fail; true when it was all, so that the next attempt follows at once. */
  readonly heal?: (error: HoldfastError) => Promise<boolean>
  readonly waits: (error: HoldfastError, waitMs: number) => void
}

/** Does work again and again, for as long as it fails with what may pass and the budget lasts. */
export async function patiently<Result>(
  { clock, signal }: Pick<AppContext, 'clock' | 'signal'>,
  budget: RetryBudget,
  { heal, waits }: RetryListener,
  work: () => Promise<Result>,
): Promise<Result> {
  let failingSince: Instant | undefined
  for (let attempt = 1; ; attempt += 1) {
    const beganAt = clock.now()
    try {
      return await work()
    } catch (thrown) {
      const error = toHoldfastError(thrown)
      if (await heal?.(error)) continue
      failingSince ??= beganAt
      const waitMs = budget.waitAfter(error, attempt, clock.now() - failingSince)
      if (waitMs === undefined) throw error
      waits(error, waitMs)
      await clock.sleep(waitMs, signal).catch(() => {
        throw new HoldfastError('interrupted', 'stopped while waiting to try again', { cause: error })
      })
    }
  }
}
