import { isAhead, isoInstant, type Instant } from '../domain/clock.ts'
import { duration, formatDuration } from '../domain/duration.ts'
import type { RetentionPlan } from './retention.ts'

/** A stretch without any trace of this site that is longer than this may be a clock that jumped. */
const longestGap = duration(7, 'd')

/** For so long there must be traces on this side of such a stretch, before it is believed to have been one of silence. */
const settledAfter = duration(2, 'd')

/** The traces that time left: ends of restore points and records of the journal, in any order. */
export interface TimeTraces {
  readonly times: readonly Instant[]
  /** When a person said that the clock is right, and the newest trace at that moment. */
  readonly confirmed: readonly { readonly at: Instant; readonly newestTrace: Instant }[]
}

/**
 * Why the clock may be wrong, or undefined when nothing speaks against it. A clock that is behind has traces of the future. One
 * that jumped ahead left a gap: as does a machine that was off for months, and nothing tells the two apart but time. So after a
 * gap nothing is removed until two days of traces follow it, or a person has looked at the clock.
 */
export function clockDoubt({ times, confirmed }: TimeTraces, now: Instant): string | undefined {
  const trusted = Math.max(-Infinity, ...confirmed.filter(({ at }) => !isAhead(at, now)).map((one) => one.newestTrace))
  const newestFirst = times.toSorted((one, other) => other - one)
  const ahead = newestFirst.find((time) => isAhead(time, now) && time > trusted)
  if (ahead !== undefined) {
    return `the clock says ${isoInstant(now).slice(0, 16)}Z, ${formatDuration(ahead - now)} before the newest that is known here`
  }
  const past = newestFirst.filter((time) => !isAhead(time, now))
  let oldest: number = now
  for (const time of past) {
    if (oldest - time > longestGap) {
      const settled = now - oldest >= settledAfter || confirmed.some(({ at }) => at >= oldest && !isAhead(at, now))
      return settled
        ? undefined
        : `there is no trace of this site for the ${formatDuration(oldest - time)} before ${isoInstant(oldest as Instant).slice(0, 16)}Z`
    }
    oldest = Math.min(oldest, time)
  }
  return undefined
}

const largeCount = 5
const largeShare = 1 / 3

/**
 * Whether a plan would remove more than a third of a component's points, and more than five. Points that are built on one
 * another count as one, because a chain that has served its time goes whole.
 */
export function removesMuch({ keep, remove }: Pick<RetentionPlan, 'keep' | 'remove'>): boolean {
  const going = remove.map(({ point }) => point)
  const goingBases = new Set(going.flatMap(({ dependsOn }) => dependsOn))
  const ends = going.filter(({ id }) => !goingBases.has(id)).length
  return ends > largeCount && ends > (ends + keep.length) * largeShare
}
