import { describe, expect, it } from 'vitest'
import { isoInstant, parseInstant, type Instant } from '../domain/clock.ts'
import { offsetAt } from './local-time.ts'
import { drillMinute, minuteOf, nextTime, nextTimes, oddDays } from './next-time.ts'

const at = (minuteOfDay: number, rhythm: 'daily' | 'weekly' | 'monthly' = 'daily', timeZone = 'Australia/Sydney') =>
  ({ rhythm, minuteOfDay, offsetOf: (time: Instant) => offsetAt(time, timeZone) }) as const

const next = (recurrence: ReturnType<typeof at>, after: string, count = 3): string[] =>
  nextTimes(recurrence, parseInstant(after), count).map((time) => isoInstant(time).slice(0, 16))

// What `systemd-analyze calendar` of systemd 252 says to the same.
describe('the next times', () => {
  it('pass over the day whose clocks skip the time', () => {
    expect(next(at(150), '2026-10-02T12:00:00Z')).toEqual(['2026-10-02T16:30', '2026-10-04T15:30', '2026-10-05T15:30'])
  })

  it('count a time that comes twice once, the first time', () => {
    expect(next(at(150), '2027-04-02T12:00:00Z', 4)).toEqual([
      '2027-04-02T15:30',
      '2027-04-03T15:30',
      '2027-04-04T16:30',
      '2027-04-05T16:30',
    ])
  })

  it('go by the calendar of the zone: its Mondays, and its first days of a month', () => {
    expect(next(at(180, 'weekly', 'Australia/Perth'), '2026-01-20T00:00:00Z')).toEqual([
      '2026-01-25T19:00',
      '2026-02-01T19:00',
      '2026-02-08T19:00',
    ])
    expect(next(at(180, 'monthly', 'Australia/Perth'), '2026-01-20T00:00:00Z', 2)).toEqual([
      '2026-01-31T19:00',
      '2026-02-28T19:00',
    ])
  })

  it('leave out a time that is just now', () => {
    expect(next(at(180, 'daily', 'UTC'), '2026-01-20T03:00:00Z', 1)).toEqual(['2026-01-21T03:00'])
  })
})

describe('the next time', () => {
  it.each([
    ['2026-01-26T12:00:00Z', '03:00', 'Australia/Perth', '2026-01-26T19:00:00.000Z'],
    ['2026-01-26T19:00:00Z', '03:00', 'Australia/Perth', '2026-01-27T19:00:00.000Z'],
    ['2026-01-26T18:59:59Z', '03:00', 'Australia/Perth', '2026-01-26T19:00:00.000Z'],
    // Clocks are set forward at 02:00 on 4 October, and back at 03:00 on 5 April.
    ['2026-10-03T10:00:00Z', '03:30', 'Australia/Sydney', '2026-10-03T16:30:00.000Z'],
    ['2026-10-03T10:00:00Z', '02:30', 'Australia/Sydney', '2026-10-04T15:30:00.000Z'],
    ['2026-04-04T10:00:00Z', '03:30', 'Australia/Sydney', '2026-04-04T17:30:00.000Z'],
  ])('after %s, of %s in %s, is %s', (now, time, zone, expected) => {
    expect(isoInstant(nextTime(at(minuteOf(time), 'daily', zone), parseInstant(now)))).toBe(expected)
  })

  it('of a drill is two hours after the backup, past midnight too', () => {
    expect(['03:00', '23:30'].map(drillMinute)).toEqual([300, 90])
  })
})

describe('odd days', () => {
  it('are those on which the time is skipped or comes twice, with the change of the clocks', () => {
    expect(oddDays(at(150), parseInstant('2026-09-01T00:00:00Z'))).toEqual([
      { kind: 'skipped', day: '2026-10-04', before: '+10:00', after: '+11:00' },
      { kind: 'doubled', day: '2027-04-04', before: '+11:00', after: '+10:00' },
    ])
  })

  it('are none for a time outside of the hour that moves, and in a zone whose clocks never change', () => {
    expect(oddDays(at(180), parseInstant('2026-09-01T00:00:00Z'))).toEqual([])
    expect(oddDays(at(150, 'daily', 'Australia/Perth'), parseInstant('2026-09-01T00:00:00Z'))).toEqual([])
  })

  it('concern a job only on the days on which it fires', () => {
    expect(oddDays(at(150, 'monthly'), parseInstant('2026-09-01T00:00:00Z'))).toEqual([])
  })
})
