import { Temporal } from 'temporal-polyfill'
import { Chance } from './chance.ts'
import type { SimulatedPolicy } from './timed-site.ts'

/** What may happen on a day, beside its backup and its work. */
export type Incident =
  /** Nobody backs up; the server goes on working and archiving. */
  | 'missed'
  /** The machine is off all day. */
  | 'off'
  /** A second run, an hour after the first. */
  | 'double'
  /** The server is down and the folder gone when the run begins. */
  | 'failed'
  /** The run is killed half-way. */
  | 'killed'
  /** The database is restored to an earlier moment and promoted: a new timeline. */
  | 'back in time'
  /** A segment of WAL goes missing in the archive. */
  | 'hole'
  /** The point of this day is pinned. */
  | 'pinned'
  /** The engines are replaced by the newer pair. */
  | 'upgraded'
  /** Every point is restored and compared, and some seconds between. */
  | 'sampled'

export interface SimulatedDay {
  readonly date: string
  /** When the run begins, in the zone of the site. */
  readonly backupAt: string
  readonly incidents: ReadonlySet<Incident>
}

export interface Scenario {
  readonly timeZone: string
  readonly policy: SimulatedPolicy
  readonly days: readonly SimulatedDay[]
}

/** The instant of a time of day in a zone; one that daylight saving skips is an hour later. */
export function instantOf(date: string, time: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone).epochMilliseconds
}

export function dateIn(timeZone: string, at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/**
 * A few minutes' worth: a small policy, and of most of a year the days on which something happens. Both changes of the clock,
 * ends of months, half a year of which nothing is there, and everything that goes wrong, once.
 */
export function shortScenario(): Scenario {
  const stretches: [from: string, to: string][] = [
    ['2031-03-28', '2031-04-08'],
    ['2031-10-24', '2031-11-02'],
    ['2031-11-30', '2031-12-01'],
    ['2031-12-31', '2032-01-02'],
  ]
  const incidents: Record<string, Incident[]> = {
    '2031-03-28': ['pinned'],
    '2031-04-02': ['missed'],
    '2031-04-03': ['missed'],
    '2031-04-05': ['double'],
    '2031-04-06': ['failed'],
    '2031-04-07': ['killed'],
    '2031-10-24': ['upgraded'],
    '2031-10-26': ['double'],
    '2031-10-29': ['back in time'],
    '2031-10-31': ['hole'],
    '2031-11-02': ['sampled'],
    '2032-01-02': ['sampled'],
  }
  const days = stretches.flatMap(([from, to]) => datesFrom(from, to))
  return {
    timeZone: 'Europe/Berlin',
    policy: { daily: 5, monthly: 3 },
    days: days.map((date) => ({ date, backupAt: usualTime(date), incidents: new Set(incidents[date]) })),
  }
}

/** The whole policy through more than a year, with chance deciding what else goes wrong. */
export function wholeScenario(seed: number): Scenario {
  const chance = new Chance(seed)
  const dates = datesFrom('2031-01-20', '2032-03-10')
  const planned: Record<string, Incident[]> = {
    '2031-01-25': ['pinned'],
    '2031-02-03': ['double'],
    '2031-02-14': ['failed'],
    '2031-03-03': ['sampled'],
    '2031-03-30': ['double'],
    '2031-04-22': ['sampled'],
    '2031-05-20': ['upgraded', 'pinned'],
    '2031-06-16': ['back in time'],
    '2031-07-01': ['hole'],
    '2031-07-10': ['sampled'],
    '2031-10-26': ['double'],
    '2031-11-20': ['sampled'],
    '2032-03-10': ['sampled'],
  }
  for (const date of datesFrom('2031-04-07', '2031-04-13')) planned[date] = ['missed']
  for (const date of datesFrom('2031-08-20', '2031-10-03')) planned[date] = ['off']
  const days = dates.map((date): SimulatedDay => {
    const incidents = planned[date] ?? byChance(chance)
    const late = chance.below(12) === 0 && !incidents.includes('double')
    return { date, backupAt: late ? '23:40' : usualTime(date), incidents: new Set(incidents) }
  })
  return { timeZone: 'Europe/Berlin', policy: { daily: 30, monthly: 'forever' }, days }
}

function byChance(chance: Chance): Incident[] {
  const drawn = chance.below(100)
  if (drawn < 6) return ['missed']
  if (drawn < 10) return ['double']
  if (drawn < 14) return ['failed']
  return drawn < 17 ? ['killed'] : []
}

/**
 * In the middle of the night; where daylight saving takes that hour away or brings it twice, right in it. Another minute each
 * day, so that no point gets too old in the very moment in which retention looks.
 */
function usualTime(date: string): string {
  if (date.endsWith('-03-30') || date.endsWith('-10-26')) return '02:30'
  const minute = (Temporal.PlainDate.from(date).dayOfYear * 7) % 60
  return `03:${String(minute).padStart(2, '0')}`
}

function datesFrom(from: string, to: string): string[] {
  const dates: string[] = []
  for (let date = Temporal.PlainDate.from(from); date.toString() <= to; date = date.add({ days: 1 })) dates.push(date.toString())
  return dates
}
