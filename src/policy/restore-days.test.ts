import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseInstant, isoInstant } from '../domain/clock.ts'
import type { RecoveryWindow, RestorePoint } from '../domain/restore-point.ts'
import { dayOf, isWhole, movedDay, pointsByDay, stretchesByDay, weeksOf, type CalendarMove } from './restore-days.ts'

const perth = 'Australia/Perth'

const pointAt = (time: string): RestorePoint => ({
  id: time,
  kind: 'snapshot',
  beganAt: parseInstant(time),
  endedAt: parseInstant(time),
  dependsOn: [],
  hasErrors: false,
  tags: [],
})

const windowOf = (from: string, to: string): RecoveryWindow => ({
  from: parseInstant(from),
  to: parseInstant(to),
  archivedAt: parseInstant(to),
  points: [],
  timeline: 1,
  archive: '15-1',
  lastWal: '',
  brokenAfter: false,
})

describe('a month', () => {
  test('is weeks from Monday on', () => {
    const weeks = weeksOf('2026-02-14')
    expect(weeks).toHaveLength(5)
    expect(weeks[0]?.slice(5)).toEqual([undefined, '2026-02-01'])
    expect(weeks[4]).toEqual(['2026-02-23', '2026-02-24', '2026-02-25', '2026-02-26', '2026-02-27', '2026-02-28', undefined])
  })

  test('has every day once, each under its weekday', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }), (date) => {
        const day = date.toISOString().slice(0, 10)
        const weeks = weeksOf(day)
        const days = weeks.flat().filter((cell) => cell !== undefined)
        expect(days).toContain(day)
        expect(new Set(days).size).toBe(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate())
        const misplaced = weeks.flatMap((week) =>
          week.filter((cell, index) => cell !== undefined && (new Date(cell).getUTCDay() + 6) % 7 !== index),
        )
        expect(misplaced).toEqual([])
      }),
    )
  })
})

describe('a move', () => {
  const days = ['2024-02-10', '2026-03-31']
  test.each<[CalendarMove, string, string]>([
    ['day-back', '2026-03-01', '2026-02-28'],
    ['day-on', '2024-02-28', '2024-02-29'],
    ['week-back', '2026-01-05', '2025-12-29'],
    ['week-on', '2025-12-29', '2026-01-05'],
    ['month-back', '2026-03-31', '2026-02-28'],
    ['month-on', '2026-01-31', '2026-02-28'],
    ['first', '2026-01-31', '2024-02-10'],
    ['last', '2026-01-31', '2026-03-31'],
    ['day-on', '2026-03-31', '2026-03-31'],
    ['month-back', '2024-02-11', '2024-02-10'],
  ])('%s from %s leads to %s', (move, from, to) => {
    expect(movedDay(from, move, days)).toBe(to)
  })
})

describe('a day', () => {
  test('is that of the zone', () => {
    expect(dayOf(parseInstant('2026-01-25T16:00:00Z'), perth)).toBe('2026-01-26')
    expect(dayOf(parseInstant('2026-01-25T15:59:59Z'), perth)).toBe('2026-01-25')
    const days = pointsByDay(['2026-01-25T15:59:59Z', '2026-01-25T16:00:00Z', '2026-01-26T02:00:00Z'].map(pointAt), perth)
    expect([...days].map(([day, held]) => [day, held.length])).toEqual([
      ['2026-01-25', 1],
      ['2026-01-26', 2],
    ])
  })

  test('shows what of it lies in a window, with the holes between', () => {
    const days = stretchesByDay(
      [windowOf('2026-01-25T10:00:00Z', '2026-01-27T02:00:00Z'), windowOf('2026-01-27T04:00:00Z', '2026-01-27T05:00:00Z')],
      'UTC',
    )
    const shown = [...days].map(([day, stretches]) => [
      day,
      stretches.map(({ from, to }) => `${isoInstant(from).slice(11, 19)}-${isoInstant(to).slice(11, 19)}`).join(' '),
      isWhole(day, stretches, 'UTC'),
    ])
    expect(shown).toEqual([
      ['2026-01-25', '10:00:00-23:59:59', false],
      ['2026-01-26', '00:00:00-23:59:59', true],
      ['2026-01-27', '00:00:00-02:00:00 04:00:00-05:00:00', false],
    ])
  })

  test('is whole also when two windows meet in it', () => {
    const days = stretchesByDay(
      [windowOf('2026-01-25T10:00:00Z', '2026-01-26T12:00:00Z'), windowOf('2026-01-26T12:00:00Z', '2026-01-28T00:00:00Z')],
      'UTC',
    )
    expect(isWhole('2026-01-26', days.get('2026-01-26') ?? [], 'UTC')).toBe(true)
  })

  test('of a change of the clocks is as long as it is', () => {
    const berlin = 'Europe/Berlin'
    const days = stretchesByDay([windowOf('2026-03-01T00:00:00Z', '2026-11-30T00:00:00Z')], berlin)
    const hours = (day: string) => {
      const [only, ...others] = days.get(day) ?? []
      expect(others).toEqual([])
      return only === undefined ? undefined : (only.to + 1 - only.from) / 3_600_000
    }
    expect(['2026-03-28', '2026-03-29', '2026-03-30', '2026-10-25'].map(hours)).toEqual([24, 23, 24, 25])
  })
})
