import type { Instant } from '../domain/clock.ts'
import { duration, formatDuration, type Duration } from '../domain/duration.ts'
import type { Period } from '../domain/site.ts'

/** What is known of the messages that all is well. */
export interface HeartbeatSighting {
  /** When somebody first looked for one: none can have been missed before. */
  readonly lookedSince: Instant
  readonly lastAt: Instant | undefined
}

/** The longest of its kind, and room for a machine that was off at that hour, or for work that takes hours. */
export const longestBetween: Readonly<Record<Exclude<Period, 'never'>, Duration>> = {
  daily: duration(30, 'h'),
  weekly: duration(8, 'd'),
  monthly: duration(33, 'd'),
}

/** Why a heartbeat is overdue, or undefined when none is. */
export function heartbeatFault(period: Period, { lookedSince, lastAt }: HeartbeatSighting, now: Instant): string | undefined {
  if (period === 'never') return undefined
  const silentMs = now - Math.max(lookedSince, lastAt ?? -Infinity)
  if (silentMs <= longestBetween[period]) return undefined
  return `no heartbeat was sent for ${formatDuration(silentMs)}, and one is due ${period}`
}
