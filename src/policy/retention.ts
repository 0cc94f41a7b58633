import { isAhead, instant, type Instant } from '../domain/clock.ts'
import { duration, formatDuration } from '../domain/duration.ts'
import { shortPointId, type RestorePoint } from '../domain/restore-point.ts'
import type { RetentionPolicy } from '../domain/site.ts'
import { periodText } from './calendar.ts'
import { wallStamp } from './local-time.ts'
import {
  anchorOf,
  countOf,
  keepersOf,
  periodRuleNames,
  periodRules,
  windowRulesOf,
  type Dated,
  type Dating,
  type PeriodRule,
} from './retention-rules.ts'

/** Why a point stays. Several causes may speak for one point. */
export type KeepCause =
  | PeriodRule
  | 'last'
  | 'within'
  | 'forever'
  | 'pinned'
  | 'foreign'
  | 'future'
  | 'newest'
  | 'drilled'
  | 'window'
  | 'needed'

export interface KeepReason {
  readonly cause: KeepCause
  readonly text: string
}

export interface KeptPoint {
  readonly point: RestorePoint
  /** At least one; what the policy says comes first. */
  readonly reasons: readonly KeepReason[]
}

export interface RemovedPoint {
  readonly point: RestorePoint
  readonly reason: string
}

export interface RetentionPlan {
  /** Newest first. */
  readonly keep: readonly KeptPoint[]
  /** Newest first, so that nothing goes before what is built on it. */
  readonly remove: readonly RemovedPoint[]
  /** For a database: the base backup from which on every second stays restorable. Undefined: no WAL goes. */
  readonly windowFrom: RestorePoint | undefined
}

/** What the plan has to know beside points and policy. */
export interface RetentionFacts {
  /** A database: its WAL makes a recovery window, which begins with a base backup. */
  readonly hasWindow: boolean
  /** The point that was last seen to be restorable. */
  readonly drilled?: string | undefined
  /** Points that lack something: their runs could not read all. One that has it all stands for a period rather than they. */
  readonly incomplete?: ReadonlySet<string>
  /** Points that Holdfast did not make: not its own to remove, and no keepers of its policy. */
  readonly foreign?: ReadonlySet<string>
}

/**
 * Which points stay and which go, each with its reason. The same for every engine, and for points in whatever order.
 *
 * Every rule keeps one good point for each of its periods (see `keepersOf`), counted back from the newest that has one. What
 * else stays: pins, points of the future or of others, the newest good point, the last one that was drilled, the base
 * backup that the recovery window begins with, and all that any of these is built on.
 */
export function planRetention(
  points: readonly RestorePoint[],
  policy: RetentionPolicy,
  now: Instant,
  datedOf: Dating,
  facts: RetentionFacts,
): RetentionPlan {
  const newestFirst = points.toSorted((one, other) => other.endedAt - one.endedAt || (one.id < other.id ? 1 : -1))
  const reasons = new Map<RestorePoint, KeepReason[]>()
  const keep = (point: RestorePoint, cause: KeepCause, text: string) => {
    const given = reasons.get(point)
    if (given) given.push({ cause, text })
    else reasons.set(point, [{ cause, text }])
  }
  const isOfFuture = ({ endedAt }: RestorePoint) => isAhead(endedAt, now)
  const own = newestFirst.filter((point) => !isOfFuture(point) && !facts.foreign?.has(point.id))
  const good = own.filter((point) => !point.hasErrors)
  const dated = new Map(own.map((point) => [point, datedOf(point)]))
  const keepers = keepByPolicy([...dated.values()], policy, { now, keep, incomplete: facts.incomplete })

  for (const point of newestFirst) {
    if (point.pin !== undefined) keep(point, 'pinned', `pinned: ${point.pin}`)
    if (facts.foreign?.has(point.id)) keep(point, 'foreign', 'not made by Holdfast')
    if (isOfFuture(point)) keep(point, 'future', 'dated later than now: a clock was wrong')
  }
  const drilled = newestFirst.find(({ id }) => id === facts.drilled)
  if (drilled) keep(drilled, 'drilled', 'the last one that was seen to be restorable')
  const [newest = own[0]] = good
  if (newest) keep(newest, 'newest', newest.hasErrors ? 'the newest, and none is without errors' : 'the newest good one')
  const whole = good.find(({ id }) => facts.incomplete?.has(id) !== true)
  if (whole && whole !== newest) keep(whole, 'newest', 'the newest that lacks nothing')
  const windowFrom = facts.hasWindow ? keepAnchor(good, policy, now, reasons, keep) : undefined
  keepWhatIsNeeded(newestFirst, reasons, keep)

  return {
    keep: newestFirst.flatMap((point) => {
      const given = reasons.get(point)
      return given === undefined ? [] : [{ point, reasons: given }]
    }),
    remove: newestFirst
      .filter((point) => !reasons.has(point))
      .map((point) => ({ point, reason: reasonToGo(dated.get(point) as Dated, keepers, now) })),
    windowFrom,
  }
}

type Keep = (point: RestorePoint, cause: KeepCause, text: string) => void

/** What each rule keeps, by the number of the period, in words for those that go. */
type KeptFor = ReadonlyMap<PeriodRule, ReadonlyMap<number, string>>

function keepByPolicy(
  own: readonly Dated[],
  policy: RetentionPolicy,
  { now, keep, incomplete }: { readonly now: Instant; readonly keep: Keep; readonly incomplete: ReadonlySet<string> | undefined },
): KeptFor {
  const keptFor = new Map<PeriodRule, ReadonlyMap<number, string>>()
  if (policy === 'forever') {
    for (const { point } of own) keep(point, 'forever', 'everything is kept for ever')
    return keptFor
  }
  const last = own.filter(({ point }) => !point.hasErrors).slice(0, countOf(policy.last))
  for (const [index, { point }] of last.entries())
    keep(point, 'last', index === 0 ? 'the last one' : `${index + 1} from the last`)
  const { within } = policy
  if (within !== undefined) {
    for (const { point } of own) if (point.endedAt > now - within) keep(point, 'within', `younger than ${formatDuration(within)}`)
  }
  for (const rule of periodRuleNames) {
    if (policy[rule] === undefined) continue
    const { unit } = periodRules[rule]
    const words = new Map<number, string>()
    for (const [key, { point, offsetMinutes, isGood }] of keepersOf(own, rule, countOf(policy[rule]), incomplete)) {
      const period = periodText(unit, key)
      keep(point, rule, isGood ? `kept for ${period}` : `has errors, but there is nothing better of ${period}`)
      words.set(key, `${wallStamp(point.endedAt, offsetMinutes).slice(0, 16)} is kept for ${period}`)
    }
    keptFor.set(rule, words)
  }
  return keptFor
}

function keepAnchor(
  good: readonly RestorePoint[],
  policy: RetentionPolicy,
  now: Instant,
  reasons: ReadonlyMap<RestorePoint, readonly KeepReason[]>,
  keep: Keep,
): RestorePoint | undefined {
  const { rules, lengthMs } = windowRulesOf(policy)
  const isByRules = (point: RestorePoint) => reasons.get(point)?.some(({ cause }) => rules.some((rule) => rule === cause))
  const anchor = anchorOf(good, new Set(good.filter(isByRules)), instant(now - lengthMs))
  if (anchor) keep(anchor, 'window', 'the recovery window begins with it')
  return anchor
}

/** Whatever a kept point is built on stays with it. Newest first: what is built on others comes before them. */
function keepWhatIsNeeded(
  newestFirst: readonly RestorePoint[],
  reasons: ReadonlyMap<RestorePoint, readonly KeepReason[]>,
  keep: Keep,
): void {
  const byId = new Map(newestFirst.map((point) => [point.id, point]))
  const waiting = newestFirst.filter((point) => reasons.has(point)).toReversed()
  for (let point = waiting.pop(); point; point = waiting.pop()) {
    for (const id of point.dependsOn) {
      const base = byId.get(id)
      if (base === undefined || reasons.has(base)) continue
      keep(base, 'needed', `${point.kind} ${shortPointId(point.id)} is built on it`)
      waiting.push(base)
    }
  }
}

/** For example `31 days old, and 2025-12-01 03:00 is kept for December 2025`: of the finest rule that reaches so far. */
function reasonToGo({ point, periods }: Dated, keptFor: KeptFor, now: Instant): string {
  const better = [...keptFor]
    .map(([rule, words]) => words.get(periods[periodRules[rule].unit]))
    .find((words) => words !== undefined)
  const age = ageText(now - point.endedAt)
  return `${point.hasErrors ? `has errors, ${age} old` : `${age} old`}, and ${better ?? 'no rule reaches that far'}`
}

/** In days, as rules count; below two of them more exactly. */
function ageText(ageMs: number): string {
  const days = Math.floor(ageMs / duration(1, 'd'))
  return days < 2 ? formatDuration(ageMs) : `${days} days`
}
