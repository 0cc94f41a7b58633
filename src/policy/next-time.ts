import { instant, type Instant } from '../domain/clock.ts'
import { dayMs, duration, type Duration } from '../domain/duration.ts'
import type { Rhythm } from '../domain/job.ts'
import { dayText } from './calendar.ts'
import { offsetText } from './local-time.ts'

/** How many minutes a clock on a wall is ahead of UTC at an instant. */
export type OffsetOf = (at: Instant) => number

/** A time of day that comes again and again on a wall: on any day, on a Monday, or on the first of a month. */
export interface Recurrence {
  readonly rhythm: Rhythm
  readonly minuteOfDay: number
  readonly offsetOf: OffsetOf
}

/** A day on which the clocks of a zone make a time of day come never, or twice. */
export interface OddDay {
  readonly kind: 'skipped' | 'doubled'
  /** `2026-10-04`. */
  readonly day: string
  /** The offset of the zone before and after: `+10:00`. */
  readonly before: string
  readonly after: string
}

const minuteMs = 60_000

/** Two hours after the backup: what is tested is that day's, the full one of the month where drills are monthly. */
const drillAfterMinutes = 120

/** The longest time between two of what comes once a period, with room for a machine that was off, or for work that takes hours. */
export const longestBetween: Readonly<Record<Rhythm, Duration>> = {
  daily: duration(30, 'h'),
  weekly: duration(8, 'd'),
  monthly: duration(33, 'd'),
}

/** The longest period, with room: what is older than this is overdue in any case, and nobody reads on. */
export const lookBack = duration(40, 'd')

/** When a drill is due, by the time of day of the backup: 05:00 after `03:00`. */
export const drillMinute = (backup: string): number => (minuteOf(backup) + drillAfterMinutes) % (24 * 60)

/** Minutes since midnight of a time of day. */
export function minuteOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number)
  return hours * 60 + minutes
}

/**
 * The next times, as systemd counts them (seen with 252): a time that the clocks skip doesn't come on that day, one that comes
 * twice counts the first time.
 */
export function nextTimes(recurrence: Recurrence, after: Instant, count: number): Instant[] {
  const found: Instant[] = []
  for (let day = dayOf(after, recurrence); found.length < count; day += 1) {
    const [first] = instantsOn(day, recurrence)
    if (first !== undefined && first > after) found.push(first)
  }
  return found
}

export const nextTime = (recurrence: Recurrence, after: Instant): Instant => nextTimes(recurrence, after, 1)[0] as Instant

/** The days of the year ahead on which the clocks get in the way. */
export function oddDays(recurrence: Recurrence, after: Instant): OddDay[] {
  const { rhythm, offsetOf } = recurrence
  const today = dayOf(after, recurrence)
  const days = Array.from({ length: 366 }, (_, index) => today + index).filter((day) => comesOn(rhythm, day))
  return days.flatMap((day): OddDay[] => {
    const times = instantsOn(day, recurrence)
    if (times.length === 1) return []
    const midnight = instant(day * dayMs - offsetOf(instant(day * dayMs)) * minuteMs)
    const [before = '', later = ''] = [midnight, instant(midnight + dayMs)].map((at) => offsetText(offsetOf(at)))
    return [{ kind: times.length === 0 ? 'skipped' : 'doubled', day: dayText(day), before, after: later }]
  })
}

/** Days since 1970-01-01, on the calendar of the wall. */
const dayOf = (at: Instant, { offsetOf }: Recurrence): number => Math.floor((at + offsetOf(at) * minuteMs) / dayMs)

function comesOn(rhythm: Rhythm, day: number): boolean {
  const date = new Date(day * dayMs)
  if (rhythm === 'weekly') return date.getUTCDay() === 1
  return rhythm === 'daily' || date.getUTCDate() === 1
}

/** All instants at which the wall shows that time on that day: mostly one, sometimes none or two. */
function instantsOn(day: number, { rhythm, minuteOfDay, offsetOf }: Recurrence): Instant[] {
  if (!comesOn(rhythm, day)) return []
  const asUtc = day * dayMs + minuteOfDay * minuteMs
  // An offset around that day is one of those that the wall has a day before and a day after.
  const offsets = new Set([asUtc - dayMs, asUtc + dayMs].map((at) => offsetOf(instant(at))))
  return [...offsets]
    .map((offset) => instant(asUtc - offset * minuteMs))
    .filter((at) => at + offsetOf(at) * minuteMs === asUtc)
    .toSorted((one, other) => one - other)
}
