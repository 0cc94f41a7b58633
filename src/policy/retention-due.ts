import { isAhead, type Instant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'

/** Once a day, whatever the hour of the run. */
const retentionEvery = duration(20, 'h')

/** Nobody looks further back than this; a component that is new, or was long away, is due on its second day. */
const longAgo = duration(40, 'd')

/** A record of the journal: what happened to the component in question, or to anything else. */
export interface RetentionTrace {
  readonly at: Instant
  readonly what: 'backed-up' | 'retained' | 'other'
}

/**
 * Whether the retention of a component is due: once a day, and never on the first day of a site, on which nothing can be old.
 * Decided from the journal alone, so that a backup costs nothing more when it isn't.
 */
export function isRetentionDue(newestFirst: Iterable<RetentionTrace>, now: Instant): boolean {
  for (const { at, what } of newestFirst) {
    if (isAhead(at, now)) continue
    if (at < now - longAgo) return false
    const isRecent = at > now - retentionEvery
    if (isRecent && what === 'retained') return false
    if (!isRecent && what === 'backed-up') return true
  }
  return false
}
