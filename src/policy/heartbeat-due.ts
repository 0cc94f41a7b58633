import type { Instant } from '../domain/clock.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Period } from '../domain/site.ts'
import { longestBetween } from './next-time.ts'

/** What is known of the messages that all is well. */
export interface HeartbeatSighting {
  /** When somebody first looked for one: none can have been missed before. */
  readonly lookedSince: Instant
  readonly lastAt: Instant | undefined
}

/** Why a heartbeat is overdue, or undefined when none is. */
export function heartbeatFault(period: Period, { lookedSince, lastAt }: HeartbeatSighting, now: Instant): string | undefined {
  if (period === 'never') return undefined
  const silentMs = now - Math.max(lookedSince, lastAt ?? -Infinity)
  if (silentMs <= longestBetween[period]) return undefined
  return `no heartbeat was sent for ${formatDuration(silentMs)}, and one is due ${period}`
}
