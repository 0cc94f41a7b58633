import type { ErrorRecord } from '../../domain/errors.ts'
import type { Recoverability, UnreachableWal } from '../../domain/restore-point.ts'
import { recordsUntil } from '../../state/journal/journal.ts'
import { offsetAt, wallStamp } from '../../policy/local-time.ts'
import { lossesBefore, type RecoveryGap } from '../../policy/recovery-gaps.ts'
import type { Instant } from '../../domain/clock.ts'
import type { SiteView } from '../site/context.ts'

/** Holes in the archive that no run has told of yet. Each is told once: thirty days of the same alarm are heard by nobody. */
export function newLosses(
  { journal, clock, site }: SiteView,
  component: string,
  made: string,
  { windows }: Recoverability,
): ErrorRecord[] {
  const stamp = (at: Instant) => wallStamp(at, offsetAt(at, site.timeZone))
  const isTold = ({ afterWal, from }: RecoveryGap): boolean => {
    for (const record of recordsUntil(journal, clock.now())) {
      if (record.at < from) return false
      if (record.type !== 'step-ended' || record.result.component !== component) continue
      if (record.result.errors.some(({ code, message }) => code === 'wal-gap' && message.includes(afterWal))) return true
    }
    return false
  }
  return lossesBefore(made, windows)
    .filter((gap) => !isTold(gap))
    .map(({ from, to, afterWal, newTimeline }) => ({
      code: 'wal-gap',
      message: `${causeText(afterWal, newTimeline)}: no second between ${stamp(from)} and ${stamp(to)} can be restored`,
      hint:
        newTimeline === undefined
          ? `any second from ${stamp(to)} on can be; what removed or dropped it may do so again: the server’s log, archive-push-queue-max, lifecycle rules of the bucket`
          : `any second from ${stamp(to)} on can be; after a restored copy has become the live server, run holdfast backup at once`,
    }))
}

const causeText = (afterWal: string, newTimeline: number | undefined): string =>
  newTimeline === undefined
    ? `WAL is missing after segment ${afterWal}`
    : `timeline ${newTimeline} began after segment ${afterWal}, and its history is not in the archive`

/** Says which WAL no base backup leads to. */
export function unreachableText({ timeline, firstWal, from, to }: UnreachableWal, timeZone: string): string {
  const stamp = (at: Instant) => wallStamp(at, offsetAt(at, timeZone))
  return `what was archived from ${stamp(from)} to ${stamp(to)} cannot be restored: no base backup leads to segment ${firstWal} of timeline ${timeline}`
}
