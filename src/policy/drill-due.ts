import type { Instant } from '../domain/clock.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Period } from '../domain/site.ts'
import { longestBetween } from './next-time.ts'

/** What is known of the drills of a component. */
export interface DrillSighting {
  /** When there was first something to restore; undefined while there is nothing. */
  readonly backedUpSince: Instant | undefined
  readonly passedAt: Instant | undefined
}

/** Why a drill is overdue, or undefined when none is: none that passed for a period and a little more, counted from the first backup on. */
export function drillFault(period: Period, { backedUpSince, passedAt }: DrillSighting, now: Instant): string | undefined {
  const since = passedAt ?? backedUpSince
  if (period === 'never' || since === undefined) return undefined
  const silentMs = now - since
  if (silentMs <= longestBetween[period]) return undefined
  if (passedAt === undefined)
    return `no drill of it is known to have passed, and it has been backed up for ${formatDuration(silentMs)}`
  return `no drill of it has passed for ${formatDuration(silentMs)}, and one is due ${period}`
}
