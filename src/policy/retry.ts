import type { Duration } from '../domain/duration.ts'
import type { HoldfastError } from '../domain/errors.ts'

const firstWaitMs = 2000
const longestWaitMs = 60_000

/**
 * How long to wait before trying again, or undefined to give up. Only errors that declare themselves retryable are tried
 * again, with doubled waits, and only as long as the site's patience lasts.
 *
 * @param attempt the attempt that failed, from 1
 * @param elapsedMs since the first attempt began to fail
 */
export function waitBeforeRetry(
  error: HoldfastError,
  attempt: number,
  elapsedMs: number,
  patienceMs: number,
): number | undefined {
  if (!error.retryable) return undefined
  const waitMs = Math.min(firstWaitMs * 2 ** (attempt - 1), longestWaitMs)
  return elapsedMs + waitMs <= patienceMs ? waitMs : undefined
}

/** How long work waits for what may pass by itself. One budget may be shared: the storage is the same for all of a run. */
export class RetryBudget {
  readonly #patienceMs: number
  #storagePatienceMs: number

  constructor(patience: Duration) {
    this.#patienceMs = patience
    this.#storagePatienceMs = patience
  }

  /** How long to wait before the next attempt, or undefined to give up; see `waitBeforeRetry`. */
  waitAfter(error: HoldfastError, attempt: number, elapsedMs: number): number | undefined {
    if (error.code !== 'storage-unreachable') return waitBeforeRetry(error, attempt, elapsedMs, this.#patienceMs)
    const waitMs = waitBeforeRetry(error, attempt, elapsedMs, this.#storagePatienceMs)
    // A storage that stayed silent for one component will not be waited for by the next.
    if (waitMs === undefined) this.#storagePatienceMs = 0
    return waitMs
  }
}
