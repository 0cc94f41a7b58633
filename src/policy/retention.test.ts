import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pointAt, wallInstant } from '../../test/support/points.ts'
import { instant, type Instant } from '../domain/clock.ts'
import { duration, type Duration } from '../domain/duration.ts'
import type { RestorePoint, RestorePointKind } from '../domain/restore-point.ts'
import type { RetentionPolicy } from '../domain/site.ts'
import { periodsAt as periodsOnWall, type Periods } from './calendar.ts'
import { offsetAt } from './local-time.ts'
import { chooseBackupKind } from './backup-kind.ts'
import { datingIn, periodRuleNames, periodRules } from './retention-rules.ts'
import { planRetention, type RetentionFacts, type RetentionPlan } from './retention.ts'

const periodsAt = (at: Instant, timeZone: string): Periods => periodsOnWall(at, offsetAt(at, timeZone))

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const zones = [
  'UTC',
  'Australia/Perth',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'America/Havana',
  'Asia/Kathmandu',
]
const files: RetentionFacts = { hasWindow: false }
const database: RetentionFacts = { hasWindow: true }
const usual: RetentionPolicy = { daily: 30, monthly: 'forever' }

const ids = (points: readonly { point: RestorePoint }[]): string[] => points.map(({ point }) => point.id)
const begin = Date.UTC(2025, 8, 20)

// Points of half a year, some close together, some with errors, some pinned; every second one may be built on one before.
const history = fc
  .array(
    fc.record({
      hours: fc.integer({ min: 0, max: 180 * 24 }),
      minutes: fc.integer({ min: 0, max: 59 }),
      hasErrors: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
      pinned: fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0),
      base: fc.option(fc.nat(5), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((drafts) => {
    const points: RestorePoint[] = []
    const sorted = drafts.toSorted((one, other) => one.hours - other.hours || one.minutes - other.minutes)
    for (const [index, { hours, minutes, hasErrors, pinned, base }] of sorted.entries()) {
      const based = base === undefined ? undefined : points[index - 1 - base]
      points.push(
        pointAt(instant(begin + hours * hourMs + minutes * 60_000 + index), {
          id: `point-${String(index).padStart(3, '0')}`,
          kind: based ? 'incremental' : 'full',
          hasErrors,
          dependsOn: based ? [...based.dependsOn, based.id] : [],
          ...(pinned ? { pin: 'because' } : {}),
        }),
      )
    }
    return points
  })

const count = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant('forever' as const))
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const policies: fc.Arbitrary<RetentionPolicy> = fc.oneof(
  { weight: 1, arbitrary: fc.constant('forever' as const) },
  { weight: 3, arbitrary: fc.constant(usual) },
  {
    weight: 9,
    arbitrary: fc
      .record({
        last: optional(count),
        hourly: optional(count),
        daily: optional(count),
        weekly: optional(count),
        monthly: optional(count),
        yearly: optional(count),
        within: optional(fc.integer({ min: 1, max: 40 * 24 }).map((hours): Duration => duration(hours, 'h'))),
      })
      .filter((rules) => Object.values(rules).some((value) => value !== undefined)),
  },
)
/** Now may be anywhere: a clock that was set back, or far ahead. */
const times = fc.integer({ min: -200, max: 4000 }).map((days) => instant(begin + days * dayMs + 5 * hourMs))
const situation = fc.record({
  points: history,
  policy: policies,
  now: times,
  zone: fc.constantFrom(...zones),
  hasWindow: fc.boolean(),
  drilled: optional(fc.nat(119).map((index) => `point-${String(index).padStart(3, '0')}`)),
})

const planOf = ({
  points,
  policy,
  now,
  zone,
  hasWindow,
  drilled,
}: typeof situation extends fc.Arbitrary<infer Value> ? Value : never) =>
  planRetention(points, policy, now, datingIn(zone), { hasWindow, drilled })

describe('whatever the points, the policy, the clock and the zone', () => {
  test('every point either stays with a reason or goes with one', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const plan = planOf(given)
        expect([...ids(plan.keep), ...ids(plan.remove)].toSorted()).toEqual(given.points.map(({ id }) => id).toSorted())
        for (const { reasons } of plan.keep) expect(reasons.length).toBeGreaterThan(0)
        for (const { reason } of plan.remove) expect(reason).not.toBe('')
      }),
    )
  })

  test('the newest good point, the drilled one, pins, and points of the future never go', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const gone = new Set(ids(planOf(given).remove))
        const past = given.points.filter(({ endedAt }) => endedAt <= given.now + hourMs)
        const newest = past.findLast(({ hasErrors }) => !hasErrors) ?? past.at(-1)
        expect(newest && gone.has(newest.id)).not.toBe(true)
        expect(gone.has(given.drilled ?? '')).toBe(false)
        const stays = given.points.filter(({ pin, endedAt }) => pin !== undefined || endedAt > given.now + hourMs)
        for (const { id } of stays) expect(gone.has(id)).toBe(false)
      }),
    )
  })

  test('nothing goes that a point that stays is built on, and what is built on others goes first', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const plan = planOf(given)
        const gone = ids(plan.remove)
        for (const { point } of plan.keep) for (const base of point.dependsOn) expect(gone).not.toContain(base)
        for (const [index, { point }] of plan.remove.entries()) {
          for (const base of point.dependsOn) expect(gone.slice(0, index)).not.toContain(base)
        }
      }),
    )
  })

  test('each rule has its full number of periods with a good point, as far as there are so many', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { policy, now, zone, points } = given
        if (policy === 'forever') return
        const kept = planOf(given).keep.map(({ point }) => point)
        const isGood = ({ hasErrors, endedAt }: RestorePoint) => !hasErrors && endedAt <= now + hourMs
        for (const rule of periodRuleNames) {
          const wanted = policy[rule]
          if (wanted === undefined) continue
          const periodsOf = (some: readonly RestorePoint[]) =>
            [...new Set(some.filter(isGood).map(({ endedAt }) => periodsAt(endedAt, zone)[periodRules[rule].unit]))].toSorted(
              (one, other) => other - one,
            )
          const expected = periodsOf(points).slice(0, wanted === 'forever' ? undefined : wanted)
          expect(periodsOf(kept)).toEqual(expect.arrayContaining(expected))
        }
        const { last, within = 0 } = policy
        const good = points.filter(isGood)
        const lastOnes = last === undefined ? [] : good.slice(last === 'forever' ? 0 : -last)
        const youngOnes = points.filter(({ endedAt }) => endedAt > now - within)
        expect(kept).toEqual(expect.arrayContaining([...lastOnes, ...youngOnes]))
      }),
    )
  })

  test('a point with errors goes only where a good one is there for the same period, or the rules end before it', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { policy, zone, points, now } = given
        if (policy === 'forever' || policy.daily !== 'forever') return
        const good = new Set(
          points
            .filter(({ hasErrors, endedAt }) => !hasErrors && endedAt <= now + hourMs)
            .map(({ endedAt }) => periodsAt(endedAt, zone).day),
        )
        const kept = new Set(planOf(given).keep.map(({ point }) => periodsAt(point.endedAt, zone).day))
        for (const { endedAt } of points) {
          const { day } = periodsAt(endedAt, zone)
          expect(good.has(day) || kept.has(day)).toBe(true)
        }
      }),
    )
  })

  test('a clock that is years ahead takes nothing from the rules that count periods', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 30 }), (given, years) => {
        const policy = given.policy === 'forever' ? given.policy : { ...given.policy, within: undefined }
        const last = instant(begin + 181 * dayMs)
        const plan = (now: Instant) => planOf({ ...given, policy, now, hasWindow: false })
        expect(ids(plan(instant(last + years * 365 * dayMs)).remove)).toEqual(ids(plan(last).remove))
      }),
    )
  })

  test('a second plan after the first was applied removes nothing more', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const first = planOf(given)
        const second = planOf({ ...given, points: first.keep.map(({ point }) => point) })
        expect(ids(second.remove)).toEqual([])
        expect(second.windowFrom).toEqual(first.windowFrom)
      }),
    )
  })

  test('the order in which points are listed means nothing', () => {
    fc.assert(
      fc.property(situation, fc.infiniteStream(fc.nat()), (given, dice) => {
        const shuffled = given.points
          .map((point) => ({ point, order: dice.next().value as number }))
          .toSorted((one, other) => one.order - other.order)
          .map(({ point }) => point)
        expect(planOf({ ...given, points: shuffled })).toEqual(planOf(given))
      }),
    )
  })

  test('the recovery window begins at a good point that stays, and no later than the policy says', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { windowFrom, keep } = planOf({ ...given, hasWindow: true })
        if (windowFrom === undefined) return
        expect(windowFrom.hasErrors).toBe(false)
        expect(ids(keep)).toContain(windowFrom.id)
        const days = given.policy !== 'forever' && typeof given.policy.daily === 'number' ? given.policy.daily : 0
        expect(windowFrom.endedAt).toBeLessThanOrEqual(given.now - days * dayMs)
      }),
    )
  })

  test('points that Holdfast did not make never go, and stand for no period', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const own = planOf({ ...given, drilled: undefined })
        const strange = given.points.map((point) => ({
          ...point,
          id: `other-${point.id}`,
          dependsOn: [],
          endedAt: instant(point.endedAt + 60_000),
        }))
        const facts = { hasWindow: given.hasWindow, foreign: new Set(strange.map(({ id }) => id)) }
        const both = planRetention([...given.points, ...strange], given.policy, given.now, datingIn(given.zone), facts)
        expect(ids(both.remove)).toEqual(ids(own.remove))
      }),
    )
  })
})

type Night = 'good' | 'errors' | 'missed' | 'twice'

/** Lives through days of backups and retention, as a site does; what happens each night is up to the test. */
function live(
  days: number,
  zone: string,
  policy: RetentionPolicy | undefined,
  full: 'monthly' | 'weekly' | undefined,
  night: (day: number) => Night,
): { points: RestorePoint[]; gone: Set<string>; now: Instant; watch: RetentionPlan[] } {
  let points: RestorePoint[] = []
  const gone = new Set<string>()
  const watch: RetentionPlan[] = []
  let now = instant(begin)
  for (let day = 0; day < days; day += 1) {
    const happened = night(day)
    const date = new Date(begin + day * dayMs).toISOString().slice(0, 10)
    for (const time of happened === 'missed' ? [] : happened === 'twice' ? ['03:00', '15:00'] : ['03:00']) {
      now = wallInstant(`${date} ${time}`, zone)
      const kind: RestorePointKind = full
        ? chooseBackupKind(points, { full, between: 'differential' }, now, zone).kind
        : 'snapshot'
      const base = points.findLast((point) => point.kind === 'full')
      points.push(
        pointAt(now, {
          id: `${date} ${time}`,
          kind,
          hasErrors: happened === 'errors',
          dependsOn: kind === 'differential' && base ? [base.id] : [],
        }),
      )
    }
    now = wallInstant(`${date} 20:00`, zone)
    if (policy === undefined) continue
    const plan = planRetention(points, policy, now, datingIn(zone), full ? database : files)
    watch.push(plan)
    for (const { point } of plan.remove) gone.add(point.id)
    points = plan.keep.map(({ point }) => point).toReversed()
  }
  return { points, gone, now, watch }
}

describe('over the years, with a plan that is applied every day', () => {
  const nights = fc.array(fc.constantFrom<Night>('good', 'good', 'good', 'good', 'errors', 'missed', 'twice'), {
    minLength: 50,
    maxLength: 50,
  })

  test('no later plan ever wishes that an earlier one had kept another point', () => {
    fc.assert(
      fc.property(nights, fc.constantFrom(...zones), policies, (dice, zone, policy) => {
        const night = (day: number) => dice[day % dice.length] ?? 'good'
        const everything = live(200, zone, undefined, undefined, night).points
        const pruned = live(200, zone, policy, undefined, night)
        const wished = planRetention(everything, policy, pruned.now, datingIn(zone), files)
        expect(pruned.points.map(({ id }) => id)).toEqual(ids(wished.keep).toReversed())
      }),
      { numRuns: 12 },
    )
  })

  test.each(zones.slice(1, 5))(
    'every month keeps its first good full backup for ever, and 30 days with points stay, in %s',
    (zone) => {
      const missed = (day: number) => (day % 11 === 3 ? 'missed' : day % 17 === 5 ? 'errors' : day % 13 === 7 ? 'twice' : 'good')
      const everything = live(500, zone, undefined, 'monthly', missed).points
      const { points, watch } = live(500, zone, usual, 'monthly', missed)
      const monthOf = (point: RestorePoint) => periodsAt(point.endedAt, zone).month
      const firstFulls = new Map(
        everything
          .filter((point) => point.kind === 'full' && !point.hasErrors)
          .toReversed()
          .map((point) => [monthOf(point), point.id]),
      )
      const months = watch.at(-1)?.keep.filter(({ reasons }) => reasons.some(({ cause }) => cause === 'monthly')) ?? []
      const kept = new Set(ids(months))
      expect([...firstFulls.values()].filter((id) => !kept.has(id))).toEqual([])
      expect(firstFulls.size).toBe(18)
      for (const plan of watch.slice(60)) {
        const days = new Set(
          plan.keep.filter(({ point }) => !point.hasErrors).map(({ point }) => periodsAt(point.endedAt, zone).day),
        )
        expect(days.size).toBeGreaterThanOrEqual(30)
      }
      // A plan that kept everything would pass all that stands above.
      expect(points.length).toBeLessThan(18 + 31 + 31)
    },
  )

  test('the recovery window never gets shorter than 30 days once it is that long', () => {
    const { watch } = live(400, 'America/St_Johns', usual, 'monthly', (day) =>
      day > 150 && day < 170 ? 'missed' : day % 7 === 2 ? 'twice' : 'good',
    )
    for (const [day, plan] of watch.entries()) {
      if (day < 32) continue
      const now = wallInstant(`${new Date(begin + day * dayMs).toISOString().slice(0, 10)} 20:00`, 'America/St_Johns')
      expect(plan.windowFrom?.endedAt).toBeLessThanOrEqual(now - 30 * dayMs)
    }
    // And it moves on.
    expect(watch.at(-1)?.windowFrom?.endedAt).toBeGreaterThan(begin + 360 * dayMs)
  })
})

test('a point that lacks something stands for a period only where no other does', () => {
  const at = (text: string, id: string) => ({ ...pointAt(wallInstant(text, 'UTC')), id })
  const points = [
    at('2026-01-01 03:00', 'half of January'),
    at('2026-01-02 03:00', 'January'),
    at('2026-02-01 03:00', 'half of February'),
    at('2026-03-01 03:00', 'March'),
    at('2026-03-01 15:00', 'half of March'),
  ]
  const incomplete = new Set(points.map(({ id }) => id).filter((id) => id.startsWith('half')))
  const now = wallInstant('2026-03-02 04:00', 'UTC')
  const plan = planRetention(points, { daily: 1, monthly: 'forever' }, now, datingIn('UTC'), { ...files, incomplete })
  expect(ids(plan.keep).toSorted()).toEqual(['January', 'March', 'half of February', 'half of March'])
})
