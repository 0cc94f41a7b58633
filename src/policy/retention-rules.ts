import type { Instant } from '../domain/clock.ts'
import { duration, type Duration } from '../domain/duration.ts'
import type { RestorePoint } from '../domain/restore-point.ts'
import type { RetentionPolicy } from '../domain/site.ts'
import { periodsAt, type PeriodUnit, type Periods } from './calendar.ts'
import { offsetAt } from './local-time.ts'

export type RetentionRules = Exclude<RetentionPolicy, 'forever'>
export type PeriodRule = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly'

/** A point with the periods that it belongs to, on the site's own wall. */
export interface Dated {
  readonly point: RestorePoint
  readonly offsetMinutes: number
  readonly periods: Periods
}

/** Dates points on the wall of one zone. */
export type Dating = (point: RestorePoint) => Dated

/** It remembers its answers, because a forecast plans with the same points for thousands of days. */
export function datingIn(timeZone: string): Dating {
  const known = new WeakMap<RestorePoint, Dated>()
  return (point) => {
    const before = known.get(point)
    if (before !== undefined) return before
    const offsetMinutes = offsetAt(point.endedAt, timeZone)
    const dated = { point, offsetMinutes, periods: periodsAt(point.endedAt, offsetMinutes) }
    known.set(point, dated)
    return dated
  }
}

interface PeriodRuleTraits {
  readonly unit: PeriodUnit
  /**
   * Which point stands for a period. The newest of an hour or a day, so that a second run replaces the first. The first of a
   * longer one: that is when a full base backup is due, and what was chosen once stays the choice.
   */
  readonly keeps: 'newest' | 'first'
  readonly length: Duration
}

export const periodRules: Readonly<Record<PeriodRule, PeriodRuleTraits>> = {
  hourly: { unit: 'hour', keeps: 'newest', length: duration(1, 'h') },
  daily: { unit: 'day', keeps: 'newest', length: duration(1, 'd') },
  weekly: { unit: 'week', keeps: 'first', length: duration(1, 'w') },
  monthly: { unit: 'month', keeps: 'first', length: duration(31, 'd') },
  yearly: { unit: 'year', keeps: 'first', length: duration(366, 'd') },
}

export const periodRuleNames = Object.keys(periodRules) as PeriodRule[]

export const countOf = (count: number | 'forever' | undefined): number => (count === 'forever' ? Infinity : (count ?? 0))

/** The point that stands for a period. */
export interface Keeper extends Dated {
  /** False: nothing good is there of that period, so one with errors stays in its stead. It doesn't count. */
  readonly isGood: boolean
}

/**
 * The keepers of a rule by their periods, newest first: of so many periods that have a good point, and of those between them
 * that have only points with errors. Periods without any point are passed over, so days without backups eat into nothing.
 *
 * @param points newest first
 * @param incomplete points that stand for a period only when no other does
 */
export function keepersOf(
  points: readonly Dated[],
  rule: PeriodRule,
  count: number,
  incomplete: ReadonlySet<string> = new Set(),
): Map<number, Keeper> {
  const { unit, keeps } = periodRules[rule]
  const byPeriod = new Map<number, Dated[]>()
  for (const dated of points) {
    const members = byPeriod.get(dated.periods[unit])
    if (members) members.push(dated)
    else byPeriod.set(dated.periods[unit], [dated])
  }
  const keepers = new Map<number, Keeper>()
  let counted = 0
  for (const [key, members] of byPeriod) {
    if (counted >= count) break
    const withoutErrors = members.filter(({ point }) => !point.hasErrors)
    const whole = withoutErrors.filter(({ point }) => !incomplete.has(point.id))
    const good = whole.length > 0 ? whole : withoutErrors
    const best = keeps === 'newest' ? good[0] : (good.findLast(standsAlone) ?? good.at(-1))
    if (best) counted += 1
    keepers.set(key, { ...(best ?? (members[0] as Dated)), isGood: best !== undefined })
  }
  return keepers
}

const standsAlone = ({ point }: Dated): boolean => point.dependsOn.length === 0

/** The rules that say how far back any second of a database can be restored. */
export interface WindowRules {
  readonly rules: readonly (PeriodRule | 'last' | 'within')[]
  /** At least so long before now, in milliseconds; infinite for `forever`, 0 when only a number of points says it. */
  readonly lengthMs: number
}

/**
 * The window reaches as far back as the furthest of hourly, daily, within and last; when none of them is set, as far as
 * weekly, or else monthly, or else yearly.
 */
export function windowRulesOf(policy: RetentionPolicy): WindowRules {
  if (policy === 'forever') return { rules: [], lengthMs: Infinity }
  const fine = (['last', 'hourly', 'daily', 'within'] as const).filter((rule) => policy[rule] !== undefined)
  const coarse = (['weekly', 'monthly', 'yearly'] as const).find((rule) => policy[rule] !== undefined)
  const rules = fine.length > 0 || coarse === undefined ? fine : [coarse]
  return { rules, lengthMs: Math.max(...rules.map((rule) => reachOf(policy, rule))) }
}

function reachOf(policy: RetentionRules, rule: PeriodRule | 'last' | 'within'): number {
  if (rule === 'within') return policy.within ?? 0
  const count = countOf(policy[rule])
  if (count === Infinity) return Infinity
  return rule === 'last' ? 0 : count * periodRules[rule].length
}

/** The newest good point that ended before the window begins, or the oldest one if that is what the rules keep. */
export function anchorOf(
  good: readonly RestorePoint[],
  keptByRules: ReadonlySet<RestorePoint>,
  begin: Instant,
): RestorePoint | undefined {
  const before = good.findIndex((point) => point.endedAt <= begin)
  // Without one that old, everything that there is belongs to the window.
  if (before === -1) return undefined
  const oldestKept = good.findLastIndex((point) => keptByRules.has(point))
  return good[Math.max(before, oldestKept)]
}
