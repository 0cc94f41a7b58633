import { isAhead, isoInstant, type Instant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import { shortPointId, type DatedName, type RecoveryWindow, type RestorePoint } from '../domain/restore-point.ts'
import { longestAge } from './freshness.ts'
import { formatLocalStamp } from './local-time.ts'
import type { TimeTraces } from './retention-guards.ts'
import type { RemovedPoint } from './retention.ts'

/** What is known when an engine refuses to name a new base backup, because a later name is there. */
export interface AheadFacts {
  /** All names that the engine remembers, of points and of what is gone. */
  readonly names: readonly DatedName[]
  readonly points: readonly RestorePoint[]
  readonly windows: readonly RecoveryWindow[]
  /** Ends of points of the whole site, and records of its journal. */
  readonly traces: readonly Instant[]
  readonly confirmed: TimeTraces['confirmed']
  /** The same moment as `now`, by the server's clock. */
  readonly serverNow: Instant
}

export interface AheadPlan {
  /** What is built on others comes before them. */
  readonly remove: readonly RemovedPoint[]
  /** Names to forget once those are gone. */
  readonly forget: readonly DatedName[]
}

export interface AheadRefusal {
  /** Why nothing is removed, as half a sentence. */
  readonly refusal: string
  /** A person who has looked at the clock can settle it. */
  readonly isDoubt: boolean
}

/** What the clocks of one machine, or of two that ask the same time server, differ by at most. */
const clocksAgree = duration(5, 'm')

/** So many of the newest days with a trace judge the clock. */
const judgingDays = 30

/**
 * Which base backups go, because a wrong clock dated them later than now and no new one can be made while they are there; or why
 * none goes. They go only when the clock is right now by all that is known, and only when nothing is lost by it: none is
 * pinned, and an older base backup begins the same stretch of WAL.
 */
export function planAhead(facts: AheadFacts, now: Instant, timeZone: string): AheadPlan | AheadRefusal {
  const forget = facts.names.filter(({ at }) => at > now)
  const doubt = doubtOf(facts, forget, now)
  if (doubt !== undefined) return doubt
  const ahead = new Set(forget.map(({ id }) => id))
  const isGoing = ({ id, dependsOn }: RestorePoint) => ahead.has(id) || dependsOn.some((base) => ahead.has(base))
  const staying = facts.points.filter((point) => !isGoing(point) && !point.hasErrors && !isAhead(point.endedAt, now))
  const remove: RemovedPoint[] = []
  // A point is built on all that those which it is built on are built on, and on them.
  for (const point of facts.points.filter(isGoing).toSorted((one, other) => other.dependsOn.length - one.dependsOn.length)) {
    if (point.pin !== undefined) return { refusal: `${shortPointId(point.id)} is pinned`, isDoubt: false }
    const window = facts.windows.find(({ points }) => points.includes(point.id))
    const older = staying.findLast(({ id }) => window?.points.includes(id))
    if (older === undefined) {
      return { refusal: `without ${shortPointId(point.id)} something could not be restored`, isDoubt: false }
    }
    const date = formatLocalStamp(point.endedAt, timeZone).slice(0, 10)
    const held = `${shortPointId(older.id)} and the WAL after it hold the same`
    remove.push({ point, reason: `dated ${date} by a wrong clock, it stood in the way of every new one; ${held}` })
  }
  return { remove, forget }
}

/** Whether it may be the clock of now that is wrong: then what seems to be of the future is the best there is. */
function doubtOf(facts: AheadFacts, ahead: readonly DatedName[], now: Instant): AheadRefusal | undefined {
  const { serverNow, traces, confirmed } = facts
  if (Math.abs(serverNow - now) > clocksAgree) {
    return { refusal: `PostgreSQL’s own clock says ${isoInstant(serverNow).slice(0, 16)}Z`, isDoubt: false }
  }
  const newest = Math.max(...ahead.map(({ at }) => at)) as Instant
  if (!isAhead(newest, now)) return { refusal: 'that is less than an hour ahead', isDoubt: false }
  if (confirmed.some(({ at, newestTrace }) => !isAhead(at, now) && newestTrace >= newest)) return undefined
  const days = [...new Set(traces.map((at) => Math.floor(at / duration(1, 'd'))))].toSorted((one, other) => other - one)
  const judging = days.slice(0, judgingDays)
  const today = Math.floor(now / duration(1, 'd'))
  if (judging.filter((day) => day > today).length > judging.length / 2) {
    return { refusal: 'most of what is known here is later than the clock, which may be behind', isDoubt: true }
  }
  // Days follow days where a clock is behind. One that was ahead for a while left a stretch without anything before its traces.
  if (traces.some((at) => isAhead(at, now) && at <= now + longestAge)) {
    return { refusal: 'there are traces of the hours to come, so the clock may be behind', isDoubt: true }
  }
  return undefined
}
