import type { Instant } from '../domain/clock.ts'
import { duration, formatDuration, type Duration } from '../domain/duration.ts'
import type { ErrorRecord } from '../domain/errors.ts'

/** Many lost ticks of a watch that comes every five minutes: its findings are no evidence any more. */
export const longestUnwatched = duration(1, 'h')

/** What a nightly run reports: longer than a machine that runs at all is without a watch, and than a run is late. */
export const longestUnwatchedByRuns = duration(26, 'h')

/**
 * Why nobody may be watching any more, or undefined when somebody is, or nobody ever has been.
 *
 * @param uptimeMs a machine that was off could not look, so its start counts as a look
 */
export function watchSilence(
  watchedAt: Instant | undefined,
  { now, uptimeMs }: { readonly now: Instant; readonly uptimeMs: number },
  longest: Duration,
): ErrorRecord | undefined {
  const silentMs = watchedAt === undefined ? 0 : Math.min(now - watchedAt, uptimeMs)
  if (silentMs <= longest) return undefined
  const message = `nobody has looked at what breaks between two runs for ${formatDuration(silentMs)}`
  const hint =
    'holdfast watch is to be run every five minutes: systemctl list-timers --all shows its timer, and holdfast schedule apply starts it'
  return { code: 'watch-silent', message, hint }
}
