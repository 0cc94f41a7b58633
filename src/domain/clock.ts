/** An instant: milliseconds since 1970-01-01T00:00:00Z. Inside Holdfast all times are instants; zones live at the edges. */
export type Instant = number & { readonly unit: 'ms since 1970' }

/** Where "now" comes from. Passed everywhere, so that tests and simulations own time. */
export interface Clock {
  now(): Instant
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const instant = (milliseconds: number): Instant => milliseconds as Instant

/** An instant out of ISO 8601 text such as `2026-01-26T03:00:00Z`; NaN never gets through. */
export function parseInstant(text: string): Instant {
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) throw new RangeError(`not a time in ISO 8601: ${text}`)
  return instant(milliseconds)
}

/** How far a clock may be off before what it dated is not believed. */
export const clockSlackMs = 3_600_000

/** Whether something is dated so far in the future that the clock which dated it, or ours, was wrong. */
export const isAhead = (at: Instant, now: Instant): boolean => at > now + clockSlackMs

export const isoInstant = (at: Instant): string => new Date(at).toISOString()

/** Node's timers fire at once when they are asked for more than this, 24 days. */
export const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  // oxlint-disable-next-line no-restricted-properties -- the one place where the machine's clock is read
  now: () => instant(Date.now()),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortReason(signal))
        return
      }
      const finish = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const timer = setTimeout(finish, milliseconds)
      const abort = () => {
        clearTimeout(timer)
        if (signal) reject(abortReason(signal))
      }
      signal?.addEventListener('abort', abort, { once: true })
    }),
}

/** What an aborted signal was aborted with, as an Error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted')
}
