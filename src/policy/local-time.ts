import type { Instant } from '../domain/clock.ts'

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

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-AU', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'short',
    })
    formats.set(timeZone, format)
  }
  return format
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The calendar and the clock on the wall in a zone. */
export function localParts(at: Instant, timeZone: string): LocalParts & { readonly zone: string } {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of formatFor(timeZone).formatToParts(at)) parts[type] = value
  return {
    year: Number(parts.year),
    // "Sept" in Australia: three letters tell months apart.
    month: months.indexOf((parts.month ?? '').slice(0, 3)) + 1,
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
    weekday: weekdays.indexOf((parts.weekday ?? '').slice(0, 3)) + 1,
    zone: parts.timeZoneName ?? timeZone,
  }
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `Mon 26 Jan 2026 03:00 AWST`, with seconds on request. */
export function formatLocal(at: Instant, timeZone: string, precision: 'minutes' | 'seconds' = 'minutes'): string {
  const { year, month, day, hour, minute, second, weekday, zone } = localParts(at, timeZone)
  const time = `${two(hour)}:${two(minute)}${precision === 'seconds' ? `:${two(second)}` : ''}`
  return `${weekdays[weekday - 1]} ${day} ${months[month - 1]} ${year} ${time} ${zone}`
}

/** `2026-01-26 14:30:05 AWST`: what `restore --at` takes back, the zone's short name aside. */
export function formatLocalStamp(at: Instant, timeZone: string): string {
  const { year, month, day, hour, minute, second } = localParts(at, timeZone)
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}
