import type { Instant } from '../domain/clock.ts'
import { dayMs } from '../domain/duration.ts'
import type { DatabaseBackupKind, RestorePoint } from '../domain/restore-point.ts'
import type { PostgresSource } from '../domain/site.ts'
import { localParts } from './local-time.ts'

export interface BackupKindChoice {
  readonly kind: DatabaseBackupKind
  readonly reason: string
}

/**
 * Which kind of base backup is due. A full one when the month (or ISO week) of the site's zone has no good full yet; else
 * what the policy says for the days between. A full with errors doesn't count: nothing should be built on it.
 */
export function chooseBackupKind(
  points: readonly RestorePoint[],
  policy: Pick<PostgresSource, 'full' | 'between'>,
  now: Instant,
  timeZone: string,
): BackupKindChoice {
  if (policy.full === 'always') return { kind: 'full', reason: 'every backup is full' }
  const newestFull = points.findLast((point) => point.kind === 'full' && !point.hasErrors)
  if (newestFull === undefined) return { kind: 'full', reason: 'there is no good full backup yet' }
  const periodOf = policy.full === 'monthly' ? monthOf : isoWeekOf
  const word = policy.full === 'monthly' ? 'month' : 'week'
  if (periodOf(newestFull.endedAt, timeZone) !== periodOf(now, timeZone)) {
    return { kind: 'full', reason: `the first of a new ${word}` }
  }
  return { kind: policy.between, reason: `this ${word} has the full backup ${newestFull.id}` }
}

function monthOf(at: Instant, timeZone: string): string {
  const { year, month } = localParts(at, timeZone)
  return `${year}-${month}`
}

/** Days since 1970-01-01 of the Monday of the week. */
function isoWeekOf(at: Instant, timeZone: string): string {
  const { year, month, day, weekday } = localParts(at, timeZone)
  return String(Date.UTC(year, month - 1, day) / dayMs - (weekday - 1))
}
