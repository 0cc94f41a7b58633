import { describe, expect, test } from 'vitest'
import { parseInstant, type Instant } from '../domain/clock.ts'
import { formatLocalStamp, localParts, offsetAt, wallText } from './local-time.ts'

const evening = parseInstant('2026-01-25T19:00:05Z')

const formatLocal = (at: Instant, timeZone: string, precision?: 'minutes' | 'seconds'): string =>
  wallText(at, offsetAt(at, timeZone), precision)

describe('the time on the wall', () => {
  test.each([
    ['UTC', 'Sun 25 Jan 2026 19:00 +00:00'],
    ['Australia/Perth', 'Mon 26 Jan 2026 03:00 +08:00'],
    ['Australia/Sydney', 'Mon 26 Jan 2026 06:00 +11:00'],
    ['Asia/Kathmandu', 'Mon 26 Jan 2026 00:45 +05:45'],
    ['America/New_York', 'Sun 25 Jan 2026 14:00 -05:00'],
  ])('in %s is %s', (timeZone, text) => {
    expect(formatLocal(evening, timeZone)).toBe(text)
  })

  test('has seconds where they matter', () => {
    expect(formatLocal(evening, 'Australia/Perth', 'seconds')).toBe('Mon 26 Jan 2026 03:00:05 +08:00')
    expect(formatLocalStamp(evening, 'Australia/Perth')).toBe('2026-01-26 03:00:05')
  })

  test('begins a day at 00:00, never at 24:00', () => {
    expect(formatLocalStamp(parseInstant('2026-01-25T16:00:00Z'), 'Australia/Perth')).toBe('2026-01-26 00:00:00')
  })

  test('knows every month by its place', () => {
    const months = Array.from({ length: 12 }, (_, index) => `2026-${String(index + 1).padStart(2, '0')}-15T00:00:00Z`)
    expect(months.map((time) => localParts(parseInstant(time), 'Australia/Perth').month)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ])
    expect(formatLocal(parseInstant('2026-09-15T00:00:00Z'), 'UTC')).toBe('Tue 15 Sep 2026 00:00 +00:00')
  })

  test('counts weekdays from Monday', () => {
    const week = ['2026-01-26', '2026-01-27', '2026-01-28', '2026-01-29', '2026-01-30', '2026-01-31', '2026-02-01']
    expect(week.map((day) => localParts(parseInstant(`${day}T12:00:00Z`), 'UTC').weekday)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('follows daylight saving', () => {
    const [before, after] = ['2026-04-04T15:59:59Z', '2026-04-04T16:00:00Z'].map(parseInstant)
    expect([before, after].map((at) => formatLocal(at ?? evening, 'Australia/Sydney', 'seconds'))).toEqual([
      'Sun 5 Apr 2026 02:59:59 +11:00',
      'Sun 5 Apr 2026 02:00:00 +10:00',
    ])
  })
})
