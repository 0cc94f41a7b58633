import type { Instant } from '../domain/clock.ts'
import { dayMs } from '../domain/duration.ts'
import type { RecoveryWindow, RestorePoint } from '../domain/restore-point.ts'
import { dayText, instantOnWall, periodsAt } from './calendar.ts'
import { offsetAt } from './local-time.ts'

/** A day of the calendar, `2026-01-26`: such texts sort like days. */
export type Day = string

/** The day of an instant in a zone. */
export const dayOf = (at: Instant, timeZone: string): Day => dayText(periodsAt(at, offsetAt(at, timeZone)).day)

const numberOf = (day: Day): number => Date.parse(day) / dayMs

const daysLater = (day: Day, days: number): Day => dayText(numberOf(day) + days)

/** The same day of another month, or its last one where it is shorter. */
function monthsLater(day: Day, months: number): Day {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayText(Date.UTC(year, month - 1 + months, Math.min(date, last)) / dayMs)
}

export type CalendarMove = 'day-back' | 'day-on' | 'week-back' | 'week-on' | 'month-back' | 'month-on' | 'first' | 'last'

/** Where a move leads; never out of the days from the first to the last that have anything. */
export function movedDay(day: Day, move: CalendarMove, days: readonly Day[]): Day {
  const first = days[0] ?? day
  const last = days.at(-1) ?? day
  const moved = {
    'day-back': () => daysLater(day, -1),
    'day-on': () => daysLater(day, 1),
    'week-back': () => daysLater(day, -7),
    'week-on': () => daysLater(day, 7),
    'month-back': () => monthsLater(day, -1),
    'month-on': () => monthsLater(day, 1),
    first: () => first,
    last: () => last,
  }[move]()
  return moved < first ? first : moved > last ? last : moved
}

/** The weeks of the month that a day is in, from Monday on; undefined before its first and after its last day. */
export function weeksOf(day: Day): readonly (readonly (Day | undefined)[])[] {
  const first = `${day.slice(0, 8)}01`
  const before = (new Date(first).getUTCDay() + 6) % 7
  const cells: (Day | undefined)[] = Array.from({ length: before }, () => undefined)
  for (let next = first; next.startsWith(day.slice(0, 8)); next = daysLater(next, 1)) cells.push(next)
  while (cells.length % 7 !== 0) cells.push(undefined)
  return Array.from({ length: cells.length / 7 }, (_week, index) => cells.slice(index * 7, index * 7 + 7))
}

/** Points by the day on which their data was complete, oldest first. */
export function pointsByDay(points: readonly RestorePoint[], timeZone: string): ReadonlyMap<Day, readonly RestorePoint[]> {
  const days = new Map<Day, RestorePoint[]>()
  for (const point of points) {
    const day = dayOf(point.endedAt, timeZone)
    days.set(day, [...(days.get(day) ?? []), point])
  }
  return days
}

/** A stretch of a day in which any second can be restored. */
export interface Stretch {
  readonly from: Instant
  readonly to: Instant
}

/** What of each day lies in a recovery window. Windows that touch are one to whoever looks for a time. */
export function stretchesByDay(windows: readonly RecoveryWindow[], timeZone: string): ReadonlyMap<Day, readonly Stretch[]> {
  const days = new Map<Day, Stretch[]>()
  for (const { from, to } of windows) {
    for (let day = dayOf(from, timeZone); day <= dayOf(to, timeZone); day = daysLater(day, 1)) {
      const begin = Math.max(from, beginningOf(day, timeZone)) as Instant
      const end = Math.min(to, beginningOf(daysLater(day, 1), timeZone) - 1) as Instant
      const known = days.get(day) ?? []
      const last = known.at(-1)
      if (last !== undefined && begin <= last.to + 1000)
        known[known.length - 1] = { from: last.from, to: Math.max(last.to, end) as Instant }
      else known.push({ from: begin, to: end })
      days.set(day, known)
    }
  }
  return days
}

/** Whether any second of a day can be restored. */
export const isWhole = (day: Day, stretches: readonly Stretch[], timeZone: string): boolean => {
  const [only, ...others] = stretches
  const end = beginningOf(daysLater(day, 1), timeZone) - 1000
  return only !== undefined && others.length === 0 && only.from <= beginningOf(day, timeZone) && only.to >= end
}

const beginningOf = (day: Day, timeZone: string): Instant => instantOnWall(numberOf(day), 0, timeZone)
