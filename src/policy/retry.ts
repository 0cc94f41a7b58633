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
