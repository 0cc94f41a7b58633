import type { Instant } from '../domain/clock.ts'
import type { RecoveryWindow } from '../domain/restore-point.ts'

/** A stretch of time between two recovery windows: of it only the ends of base backups can be restored. */
export interface RecoveryGap {
  readonly from: Instant
  readonly to: Instant
  /** The last segment before it; it names the gap, however the windows around it change. */
  readonly afterWal: string
  /** WAL was lost there, in contrast to WAL that nobody wanted any more. */
  readonly isHole: boolean
  /** PostgreSQL was upgraded meanwhile: another cluster, with another archive, goes on behind it. */
  readonly isUpgrade: boolean
  /** The timeline that goes on behind it, where that is another one: its history never arrived, so nothing leads there. */
  readonly newTimeline: number | undefined
  /** The base backups that make what follows restorable, oldest first. */
  readonly endedBy: readonly string[]
}

/** What lies between windows, oldest first. Windows of several timelines may overlap: only what none covers counts. */
export function recoveryGaps(windows: readonly RecoveryWindow[]): RecoveryGap[] {
  const gaps: RecoveryGap[] = []
  let before: RecoveryWindow | undefined
  for (const window of windows.toSorted((one, other) => one.from - other.from)) {
    if (before !== undefined && window.from > before.to) {
      const { to, lastWal, archive, timeline, brokenAfter } = before
      const isUpgrade = window.archive !== archive
      const newTimeline = isUpgrade || window.timeline === timeline ? undefined : window.timeline
      const gap = { from: to, to: window.from, afterWal: lastWal, isHole: brokenAfter, isUpgrade, newTimeline }
      gaps.push({ ...gap, endedBy: window.points })
    }
    before = before === undefined || window.to >= before.to ? window : before
  }
  return gaps
}

/** Whether more than its base backups' own ends can be restored. */
export const isStretch = (window: RecoveryWindow): boolean => window.to > window.from

/**
 * The gaps that a run has to tell of: holes, and whatever lies right before the backup that it made, because that one should
 * have gone on where the last one stands. What retention trimmed is none.
 */
export function lossesBefore(made: string, windows: readonly RecoveryWindow[]): RecoveryGap[] {
  return recoveryGaps(windows).filter(({ isHole, isUpgrade, endedBy }) => isHole || (!isUpgrade && endedBy[0] === made))
}
