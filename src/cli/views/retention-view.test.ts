import { describe, expect, test } from 'vitest'
import type { Priced } from '../../cost/pricing.ts'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import { pointAt, wallInstant } from '../../../test/support/points.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { RetentionPolicy } from '../../domain/site.ts'
import { duration } from '../../domain/duration.ts'
import { bytes } from '../../domain/size.ts'
import { chooseBackupKind } from '../../policy/backup-kind.ts'
import { dayText } from '../../policy/calendar.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { forecastRetention } from '../../policy/retention-forecast.ts'
import { planRetention, type RetentionFacts } from '../../policy/retention.ts'
import { datingIn } from '../../policy/retention-rules.ts'
import { calendarLines, forecastLines, policyText, reasonLines, totalText } from './retention-view.ts'

const priced: Priced = { storage: { kind: 'directory', path: '/mnt/backup' }, budget: undefined }
const { terminal } = new CapturedOutlet().results

interface Scenario {
  readonly zone: string
  readonly policy: RetentionPolicy
  readonly now: string
  readonly points: readonly RestorePoint[]
  readonly facts?: RetentionFacts
}

/** The whole of a scenario to read: what there is, and what becomes of it. */
function told({ zone, policy, now, points, facts = { hasWindow: false } }: Scenario): string {
  const at = wallInstant(now, zone)
  const plan = planRetention(points, policy, at, datingIn(zone), facts)
  const given = points.map((point) => {
    const notes = [point.kind, ...(point.hasErrors ? ['with errors'] : []), ...(point.pin ? [`pinned: ${point.pin}`] : [])]
    return `  ${formatLocalStamp(point.endedAt, zone).slice(0, 16)}  ${notes.join(', ')}`
  })
  return [
    `It is ${now} in ${zone}. The policy: ${policyText(policy)}. The points:`,
    ...given,
    '',
    'becomes',
    '',
    ...calendarLines(plan, at, zone, terminal),
    ...reasonLines(plan, zone, terminal),
    '',
    `  ${totalText(plan, priced)}`,
    ...(plan.windowFrom === undefined ? [] : [`  the window begins with ${plan.windowFrom.id}`]),
    '',
  ].join('\n')
}

/** A point at 03:00 of every day from one on; some days are left out, some differ. */
function nightly(
  from: string,
  days: number,
  zone: string,
  given: Readonly<Record<number, Partial<RestorePoint> | 'missed'>> = {},
): RestorePoint[] {
  const first = Date.parse(from) / 86_400_000
  return Array.from({ length: days }, (_, index) => index).flatMap((index) => {
    const special = given[index]
    if (special === 'missed') return []
    const day = dayText(first + index)
    return [pointAt(wallInstant(`${day} 03:00`, zone), { id: day, addedBytes: bytes(2_900_000 + index * 1000), ...special })]
  })
}

function withChains(points: readonly RestorePoint[], full: 'monthly' | 'weekly', zone: string): RestorePoint[] {
  const made: RestorePoint[] = []
  for (const point of points) {
    const { kind } = chooseBackupKind(made, { full, between: 'differential' }, point.endedAt, zone)
    const base = made.findLast((one) => one.kind === 'full')
    made.push({
      ...point,
      kind,
      dependsOn: kind === 'full' || !base ? [] : [base.id],
      addedBytes: bytes(kind === 'full' ? 90_000_000 : 8_000_000),
    })
  }
  return made
}

const usual: RetentionPolicy = { daily: 30, monthly: 'forever' }
const perth = 'Australia/Perth'

const scenarios: Readonly<Record<string, Scenario>> = {
  usual: {
    zone: perth,
    policy: usual,
    now: '2026-01-26 03:05',
    points: [
      ...nightly('2025-11-20', 68, perth, {
        12: { pin: 'before upgrade to 16' },
        40: 'missed',
        41: 'missed',
        50: { hasErrors: true },
      }),
      pointAt(wallInstant('2026-01-20 15:30', perth), { id: 'a second run' }),
    ].toSorted((one, other) => one.endedAt - other.endedAt),
  },
  database: {
    zone: perth,
    policy: usual,
    now: '2026-01-26 03:05',
    points: withChains(nightly('2025-11-20', 68, perth, { 11: { hasErrors: true } }), 'monthly', perth),
    facts: { hasWindow: true, drilled: '2025-11-25' },
  },
  years: {
    zone: 'America/St_Johns',
    policy: { hourly: 24, daily: 7, weekly: 4, monthly: 12, yearly: 'forever' },
    now: '2026-03-10 12:00',
    points: nightly('2023-10-05', 888, 'America/St_Johns').filter(
      ({ endedAt }, index) => index % 9 === 0 || endedAt > wallInstant('2026-02-01', 'UTC'),
    ),
  },
  'daylight-saving': {
    zone: 'Australia/Lord_Howe',
    policy: { hourly: 6, within: duration(3, 'h') },
    now: '2026-04-05 04:10',
    points: Array.from({ length: 16 }, (_, index) => {
      // Clocks go from 02:00 back to 01:30 at 15:00 UTC.
      const at = wallInstant('2026-04-04 12:15', 'UTC') + index * 20 * 60_000
      return pointAt(at as RestorePoint['endedAt'], { id: `every twenty minutes, ${String(index).padStart(2, '0')}` })
    }),
  },
  'wrong-clock': {
    zone: 'UTC',
    policy: { last: 3 },
    now: '2026-01-26 03:05',
    points: [
      ...nightly('2026-01-20', 7, 'UTC', { 6: { hasErrors: true } }),
      pointAt(wallInstant('2027-05-01 03:00', 'UTC'), { id: 'of the future' }),
    ],
  },
}

describe('a retention plan, to read', () => {
  test.each(Object.entries(scenarios))('%s', async (name, scenario) => {
    await expect(told(scenario)).toMatchFileSnapshot(`../../../test/golden/retention-${name}.txt`)
  })

  test('years ahead', async () => {
    const { points, policy, zone, now } = scenarios['database'] as Scenario
    const until = wallInstant('2029-01-01', zone)
    const forecast = forecastRetention({
      points: planRetention(points, policy, wallInstant(now, zone), datingIn(zone), { hasWindow: true })
        .keep.map(({ point }) => point)
        .toReversed(),
      policy,
      facts: { hasWindow: true },
      timeZone: zone,
      now: wallInstant(now, zone),
      until,
      backupMinute: 180,
      kinds: { full: 'monthly', between: 'differential' },
    })
    const lines = [
      ...calendarLines(forecast.plan, until, zone, terminal),
      ...reasonLines(forecast.plan, zone, terminal),
      '',
      ...forecastLines(forecast.steps, zone),
      '',
    ]
    await expect(lines.join('\n')).toMatchFileSnapshot('../../../test/golden/retention-until-2029.txt')
  })
})

test.each<[RetentionPolicy, string]>([
  ['forever', 'keep everything for ever'],
  [usual, 'keep 30 daily, 1 a month for ever'],
  [
    { last: 7, hourly: 24, weekly: 8, yearly: 'forever', within: duration(36, 'h') },
    'keep the last 7, 24 hourly, 8 weekly, 1 a year for ever, all of the last 1d 12h',
  ],
])('says a policy in words', (policy, text) => {
  expect(policyText(policy)).toBe(text)
})
