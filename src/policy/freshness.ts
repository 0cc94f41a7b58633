import { isAhead, type Instant } from '../domain/clock.ts'
import { duration, formatDuration } from '../domain/duration.ts'

/** A day, and room for a long run, a late timer and the hour that daylight saving adds. */
export const longestAge = duration(28, 'h')

/** Why a component's newest good restore point is too old for the daily run, or undefined when it isn't. */
export function stalenessOf(newest: Instant | undefined, now: Instant): string | undefined {
  if (newest === undefined) return 'there is no good restore point'
  const age = now - newest
  if (age > longestAge) return `the newest good restore point is ${formatDuration(age)} old, and a run is due every day`
  // A clock that was set back would make everything look fresh for ever.
  if (isAhead(newest, now)) return `the newest good restore point is ${formatDuration(-age)} ahead of this machine’s clock`
  return undefined
}
