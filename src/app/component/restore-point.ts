import { isAhead } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { newestOf } from '../../policy/recovery-target.ts'
import type { AppContext } from '../site/context.ts'

/** Which point somebody means. */
export interface PointChoice {
  /** A time as a person writes it. */
  readonly at: string | undefined
  /** The beginning of a point's id. */
  readonly point: string | undefined
}

/** The point that is wished for: by the beginning of its id, the newest before a time, or the newest. */
export async function choosePoint(
  points: readonly RestorePoint[],
  wish: PointChoice,
  context: AppContext,
): Promise<RestorePoint> {
  const { timeZone } = context.site
  if (wish.point !== undefined) return namedPoint(points, wish.point)
  if (wish.at === undefined) return latestPoint(points, context)
  const { parseRestoreTime } = await context.lazy.restoreTime()
  const at = parseRestoreTime(wish.at, timeZone)
  const found = points.findLast((point) => point.endedAt <= at)
  if (found) return found
  const [first] = points
  throw new HoldfastError('target-time', `nothing was backed up yet at ${formatLocalStamp(at, timeZone)}`, {
    hint:
      first === undefined
        ? 'there is no restore point at all: holdfast backup makes one'
        : `the oldest point is ${shortPointId(first.id)} of ${formatLocalStamp(first.endedAt, timeZone)}`,
  })
}

/** The one point whose id begins like that. Throws `point-unknown` when there is none, or more than one. */
export function namedPoint(points: readonly RestorePoint[], wanted: string): RestorePoint {
  const matching = points.filter(({ id }) => wanted !== '' && (id.startsWith(wanted) || shortPointId(id).startsWith(wanted)))
  const exact = matching.find(({ id }) => id === wanted || shortPointId(id) === wanted)
  if (exact) return exact
  const [only] = matching
  if (matching.length === 1 && only) return only
  throw new HoldfastError(
    'point-unknown',
    matching.length === 0
      ? `there is no restore point ${wanted}`
      : `${wanted} is the beginning of ${matching.length} restore points`,
    {
      hint: `holdfast points lists them${points.length === 0 ? '; there is none yet' : `; the newest is ${shortPointId(newestOf(points, points).id)}`}`,
    },
  )
}

/** The newest point. One that was taken while the clock was ahead would be the newest until that time has come. */
export function latestPoint(points: readonly RestorePoint[], { clock }: Pick<AppContext, 'clock'>): RestorePoint {
  const past = points.filter(({ endedAt }) => !isAhead(endedAt, clock.now()))
  return newestOf(past.length > 0 ? past : points, points)
}
