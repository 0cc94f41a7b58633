import { instant, type Instant } from '../domain/clock.ts'
import type { Firing } from '../domain/job.ts'
import { dayText, instantOnWall } from './calendar.ts'
import { localParts, offsetAt, offsetText } from './local-time.ts'
import { firesOn } from './next-time.ts'

type CalendarFiring = Extract<Firing, { kind: 'calendar' }>

/** A day on which the clocks of a zone make a time of day come never, or twice. */
export interface OddDay {
  readonly kind: 'skipped' | 'doubled'
  /** `2026-10-04`. */
  readonly day: string
  /** The offset of the zone before and after: `+10:00`. */
  readonly before: string
  readonly after: string
}

const dayMs = 86_400_000
const minuteMs = 60_000

/**
 * The next times at which a job fires, as systemd counts them (seen with 252): a time that the clocks skip doesn't come on
 * that day, one that comes twice counts the first time.
 */
export function nextFirings(firing: CalendarFiring, after: Instant, count: number): Instant[] {
  const found: Instant[] = []
  for (let day = dayOf(after, firing.timeZone); found.length < count; day += 1) {
    if (!firesOn(firing.rhythm, day)) continue
    const [first] = instantsOf(day, firing)
    if (first !== undefined && first > after) found.push(first)
  }
  return found
}

/** The days of the year ahead on which the clocks get in the way of a job. */
export function oddDays(firing: CalendarFiring, after: Instant): OddDay[] {
  const today = dayOf(after, firing.timeZone)
  const days = Array.from({ length: 366 }, (_, index) => today + index).filter((day) => firesOn(firing.rhythm, day))
  return days.flatMap((day): OddDay[] => {
    const times = instantsOf(day, firing)
    if (times.length === 1) return []
    const midnight = instantOnWall(day, 0, firing.timeZone)
    const [before, later] = [midnight, instant(midnight + dayMs)].map((at) => offsetText(offsetAt(at, firing.timeZone)))
    return [
      { kind: times.length === 0 ? 'skipped' : 'doubled', day: dayText(day), before: before as string, after: later as string },
    ]
  })
}

/** Days since 1970-01-01, on the calendar of the zone. */
function dayOf(at: Instant, timeZone: string): number {
  const { year, month, day } = localParts(at, timeZone)
  return Date.UTC(year, month - 1, day) / dayMs
}

/** All instants at which the wall of the zone shows that time on that day: mostly one, sometimes none or two. */
function instantsOf(day: number, { minuteOfDay, timeZone }: CalendarFiring): Instant[] {
  const asUtc = day * dayMs + minuteOfDay * minuteMs
  // A zone's offset around that day is one of those that it has a day before and a day after.
  const offsets = new Set([asUtc - dayMs, asUtc + dayMs].map((at) => offsetAt(instant(at), timeZone)))
  return [...offsets]
    .map((offset) => instant(asUtc - offset * minuteMs))
    .filter((at) => at + offsetAt(at, timeZone) * minuteMs === asUtc)
    .toSorted((one, other) => one - other)
}
