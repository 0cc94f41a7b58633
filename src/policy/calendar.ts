import { instant, type Instant } from '../domain/clock.ts'
import { dayMs } from '../domain/duration.ts'
import { offsetAt } from './local-time.ts'

/** The periods by which points are kept; a week is one of ISO 8601, from Monday. */
export type PeriodUnit = 'hour' | 'day' | 'week' | 'month' | 'year'

/** A number for each period that an instant lies in, on the site's own wall: the same for all instants of one period. */
export type Periods = Readonly<Record<PeriodUnit, number>>

/** An hour that comes twice, when clocks are set back, is two hours: their offsets tell them apart. */
export function periodsAt(at: Instant, offsetMinutes: number): Periods {
  const wall = at + offsetMinutes * 60_000
  const day = Math.floor(wall / dayMs)
  const date = new Date(wall)
  const year = date.getUTCFullYear()
  return {
    hour: Math.floor(wall / 3_600_000) * 4096 + offsetMinutes + 2048,
    day,
    // 1970-01-01, day 0, was a Thursday.
    week: Math.floor((day + 3) / 7),
    month: year * 12 + date.getUTCMonth(),
    year,
  }
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** The Monday of a week, as a day. */
export const mondayOf = (week: number): number => week * 7 - 3

/** `2026-01-26` of a day. */
export const dayText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)

/** How people call a period: `2026-01-26 03:00`, `2026-01-26`, `the week of 2026-01-26`, `January 2026`, `2026`. */
export function periodText(unit: PeriodUnit, key: number): string {
  switch (unit) {
    case 'hour': {
      const hour = Math.floor(key / 4096)
      return `${dayText(Math.floor(hour / 24))} ${String(hour % 24).padStart(2, '0')}:00`
    }
    case 'day':
      return dayText(key)
    case 'week':
      return `the week of ${dayText(mondayOf(key))}`
    case 'month':
      return `${months[key % 12]} ${Math.floor(key / 12)}`
    case 'year':
      return String(key)
  }
}

/** The instant at which a wall in a zone shows a time; one that clocks skip is taken an hour or so off. */
export function instantOnWall(day: number, minuteOfDay: number, timeZone: string): Instant {
  const asUtc = instant(day * dayMs + minuteOfDay * 60_000)
  const near = instant(asUtc - offsetAt(asUtc, timeZone) * 60_000)
  return instant(asUtc - offsetAt(near, timeZone) * 60_000)
}
