import { instant, type Instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { RecoveryWindow, RestorePoint } from '../domain/restore-point.ts'
import { windowFor } from './recovery-window.ts'

/** What is known when the way to an instant is chosen. */
export interface RecoveryQuestion {
  /** Oldest first, like the windows. */
  readonly points: readonly RestorePoint[]
  readonly windows: readonly RecoveryWindow[]
  /** Undefined: the latest that there is. */
  readonly at: Instant | undefined
  readonly now: Instant
  /** The segment that a live server archived a moment ago, with a commit in it that is later than `now`. */
  readonly archived: string | undefined
  readonly timeZone: string
}

/** Which base backup to begin with, and how far to go from there. */
export interface RecoveryTarget {
  readonly point: RestorePoint
  readonly at: Instant | 'archive-end'
  readonly timeline: number | undefined
  readonly restoredTo: Instant
  /** Up to here nothing is missing, whatever recovery will find: what is archived was looked into. */
  readonly certainUntil: Instant
  /** The last segment of WAL that must be replayed, unless recovery stops at its target before. */
  readonly lastWal: string | undefined
  /** Everything that the live server had committed by then is in the archive. */
  readonly archivedUntilNow: boolean
  /** What the live server archived cannot be reached from any base backup. */
  readonly unreachable: boolean
}

/**
 * Now, for somebody who wants the latest. A backup's end is known to the second, rounded up, so within that second now lies
 * before the beginning of the window: there it is that beginning.
 */
export function presentFor(at: Instant | undefined, windows: readonly RecoveryWindow[], clockTime: Instant): Instant {
  const newest = windows.at(-1)
  return at === undefined && newest !== undefined ? instant(Math.max(clockTime, newest.from)) : clockTime
}

/** Whether only the live server can tell what was committed until then: it has to archive that first. */
export function liesBeyondArchive(at: Instant | undefined, windows: readonly RecoveryWindow[], now: Instant): boolean {
  const newest = windows.at(-1)
  const wanted = at ?? now
  return newest !== undefined && wanted >= newest.to && wanted <= now
}

/** The way to an instant. Throws `target-time` or `point-unknown` when there is none. */
export function recoveryTarget(question: RecoveryQuestion): RecoveryTarget {
  const { points, now, archived, timeZone } = question
  const windows = archived === undefined ? question.windows : reaching(now, archived, question.windows)
  const newest = windows.at(-1)
  const isReached = newest !== undefined && newest.to >= (question.at ?? now)
  if (question.at === undefined && !isReached) {
    // The newest that there is: the server is gone, or what it has archived since cannot be reached from any backup.
    const point = newestOf(
      points.filter(({ id }) => newest === undefined || newest.points.includes(id)),
      points,
    )
    return {
      point,
      at: 'archive-end',
      timeline: newest?.timeline,
      restoredTo: newest?.to ?? point.endedAt,
      certainUntil: newest?.to ?? point.endedAt,
      lastWal: newest?.lastWal,
      archivedUntilNow: false,
      unreachable: archived !== undefined,
    }
  }
  const at = question.at ?? now
  const window = windowFor(at, windows, now, timeZone)
  const point = newestOf(
    points.filter(({ id, endedAt }) => window.points.includes(id) && endedAt <= at),
    points,
  )
  return {
    point,
    at,
    timeline: window.timeline,
    restoredTo: at,
    certainUntil: instant(Math.min(at, window.to)),
    lastWal: window.lastWal,
    archivedUntilNow: archived !== undefined && window === newest,
    unreachable: false,
  }
}

/** A commit was just archived behind now, where the window really ends with it; the archive's own clock has whole seconds. */
function reaching(now: Instant, segment: string, windows: readonly RecoveryWindow[]): RecoveryWindow[] {
  return windows.map((window) => {
    const sameLine = window.lastWal.slice(0, 8) === segment.slice(0, 8)
    return sameLine && window.lastWal >= segment && window.to < now ? { ...window, to: now } : window
  })
}

/** The newest of some points, a good one if there is any. Throws `point-unknown` when there is none. */
export function newestOf(candidates: readonly RestorePoint[], all: readonly RestorePoint[]): RestorePoint {
  const newest = candidates.findLast((point) => !point.hasErrors) ?? candidates.at(-1)
  if (newest) return newest
  throw new HoldfastError(
    'point-unknown',
    all.length === 0 ? 'there is no restore point yet' : 'no base backup lies before that time',
    {
      hint: all.length === 0 ? 'holdfast backup makes one' : 'holdfast points shows what can be restored',
    },
  )
}
