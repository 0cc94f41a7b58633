import { defined } from '../domain/defined.ts'
import type { Instant } from '../domain/clock.ts'
import { dayMs } from '../domain/duration.ts'
import type { RestorePoint, RestorePointKind } from '../domain/restore-point.ts'
import type { PostgresSource, RetentionPolicy } from '../domain/site.ts'
import { bytes, type Bytes } from '../domain/size.ts'
import { chooseBackupKind } from './backup-kind.ts'
import { dayText, instantOnWall, periodsAt } from './calendar.ts'
import { offsetAt } from './local-time.ts'
import { datingIn } from './retention-rules.ts'
import { planRetention, type RetentionFacts, type RetentionPlan } from './retention.ts'

export interface ForecastWish {
  readonly points: readonly RestorePoint[]
  readonly policy: RetentionPolicy
  readonly facts: RetentionFacts
  readonly timeZone: string
  readonly now: Instant
  readonly until: Instant
  /** When the daily run starts, in minutes after midnight. */
  readonly backupMinute: number
  /** For a database: which kinds of base backup it makes. */
  readonly kinds: Pick<PostgresSource, 'full' | 'between'> | undefined
}

export interface ForecastStep {
  readonly at: Instant
  readonly points: number
  /** What the standing points added to the repository; absent when no point tells what it added. */
  readonly addedBytes?: number
}

export interface Forecast {
  /** One a month, or one a year when there would be more than two years of them; the last is the end. */
  readonly steps: readonly ForecastStep[]
  readonly plan: RetentionPlan
  readonly points: readonly RestorePoint[]
}

/**
 * What would stand at a later time: one good backup a day from now on, each adding what the last ones did, and the policy
 * applied after each.
 */
export function forecastRetention(wish: ForecastWish): Forecast {
  const { policy, facts, timeZone, now, until } = wish
  const dayOf = (at: Instant) => periodsAt(at, offsetAt(at, timeZone))
  const reportsYears = until - now > 2 * 366 * dayMs
  const added = typicalAdditions(wish.points)
  const datedOf = datingIn(timeZone)
  const plannedAt = (at: Instant, some: readonly RestorePoint[]) => planRetention(some, policy, at, datedOf, facts)
  let plan = plannedAt(now, wish.points)
  let points = standing(plan)
  const steps: ForecastStep[] = [stepAt(now, points)]
  let last = dayOf(now)
  const lastDay = dayOf(until).day
  for (let { day } = last; ; day += 1) {
    const at = instantOnWall(day, wish.backupMinute, timeZone)
    if (at <= now) continue
    if (at > until) break
    const periods = dayOf(at)
    if (day < lastDay && (reportsYears ? periods.year !== last.year : periods.month !== last.month))
      steps.push(stepAt(at, points))
    last = periods
    points.push(imagined(at, day, points, wish, added))
    // Where everything stays there is nothing to look for.
    if (policy !== 'forever') {
      plan = plannedAt(at, points)
      points = standing(plan)
    }
  }
  plan = plannedAt(until, points)
  return { steps: [...steps, stepAt(until, standing(plan))], plan, points }
}

const standing = ({ keep }: RetentionPlan): RestorePoint[] => keep.map(({ point }) => point).toReversed()

function stepAt(at: Instant, points: readonly RestorePoint[]): ForecastStep {
  const known = points.flatMap(({ addedBytes }) => addedBytes ?? [])
  return { at, points: points.length, ...(known.length === 0 ? {} : { addedBytes: known.reduce((sum, size) => sum + size, 0) }) }
}

function imagined(
  at: Instant,
  day: number,
  points: readonly RestorePoint[],
  { kinds, timeZone }: ForecastWish,
  added: (kind: RestorePointKind) => Bytes | undefined,
): RestorePoint {
  const kind = kinds === undefined ? 'snapshot' : chooseBackupKind(points, kinds, at, timeZone).kind
  const base =
    kind === 'differential'
      ? points.findLast((point) => point.kind === 'full' && !point.hasErrors)
      : kind === 'incremental'
        ? points.at(-1)
        : undefined
  const addedBytes = added(kind)
  return {
    id: `backup of ${dayText(day)}`,
    kind,
    beganAt: at,
    endedAt: at,
    ...defined({ addedBytes }),
    dependsOn: base ? [...base.dependsOn, base.id] : [],
    hasErrors: false,
    tags: [],
  }
}

/** How many of the newest points say what one adds. */
const sampled = 30

/** The median of what the newest points of a kind added; of any kind when there is none of that one yet. */
function typicalAdditions(points: readonly RestorePoint[]): (kind: RestorePointKind) => Bytes | undefined {
  const medianOf = (some: readonly RestorePoint[]): Bytes | undefined => {
    const sizes = some
      .flatMap(({ addedBytes }) => addedBytes ?? [])
      .slice(-sampled)
      .toSorted((one, other) => one - other)
    const middle = sizes[Math.floor(sizes.length / 2)]
    return middle === undefined ? undefined : bytes(middle)
  }
  const known = new Map<RestorePointKind, Bytes | undefined>()
  return (kind) => {
    if (!known.has(kind)) known.set(kind, medianOf(points.filter((point) => point.kind === kind)) ?? medianOf(points))
    return known.get(kind)
  }
}
