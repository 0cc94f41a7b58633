import type { Instant } from '../domain/clock.ts'

/**
 * The clock on the wall. All that a zone says about an instant is how far its clock is ahead of UTC then; the rest is
 * arithmetic, and the same whoever says it: Intl here, for any zone, or the process's own zone (cli/output/time.ts).
 */

export interface LocalParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 1 is Monday, 7 is Sunday, as ISO 8601 counts. */
  readonly weekday: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** The first one that a process makes costs as much as half a start of Node (docs/benchmark.md). */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  return format
}

/** How many minutes the clocks of a zone are ahead of UTC at an instant. */
export function offsetAt(at: Instant, timeZone: string): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of formatFor(timeZone).formatToParts(at)) parts[type] = Number(value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - at) / 60_000)
}

/** The calendar and the clock on a wall that is so many minutes ahead of UTC. */
export function wallParts(at: Instant, offsetMinutes: number): LocalParts {
  const wall = new Date(at + offsetMinutes * 60_000)
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
    weekday: wall.getUTCDay() || 7,
  }
}

/** The calendar and the clock on the wall in a zone. */
export const localParts = (at: Instant, timeZone: string): LocalParts => wallParts(at, offsetAt(at, timeZone))

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number): string => String(value).padStart(2, '0')

/** `+08:00`: short names such as CST mean different zones in different countries, and `restore --at` takes an offset back. */
export function offsetText(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** `Mon 26 Jan 2026 03:00 +08:00`, with seconds on request. */
export function wallText(at: Instant, offsetMinutes: number, precision: 'minutes' | 'seconds' = 'minutes'): string {
  const { year, month, day, hour, minute, second, weekday } = wallParts(at, offsetMinutes)
  const time = `${two(hour)}:${two(minute)}${precision === 'seconds' ? `:${two(second)}` : ''}`
  return `${weekdays[weekday - 1]} ${day} ${months[month - 1]} ${year} ${time} ${offsetText(offsetMinutes)}`
}

/** `26 Jan`, with the year where it is not that of another instant. */
export function wallDay(at: Instant, offsetMinutes: number, beside: Instant): string {
  const { year, month, day } = wallParts(at, offsetMinutes)
  return `${day} ${months[month - 1]}${year === wallParts(beside, offsetMinutes).year ? '' : ` ${year}`}`
}

/** `2026-01-26 03:00:05`: what `restore --at` takes back. */
export function wallStamp(at: Instant, offsetMinutes: number): string {
  const { year, month, day, hour, minute, second } = wallParts(at, offsetMinutes)
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}

/** The stamp of an instant in a zone. */
export const formatLocalStamp = (at: Instant, timeZone: string): string => wallStamp(at, offsetAt(at, timeZone))
