import { HoldfastError } from '../domain/errors.ts'
import { shortPointId, type RestorePoint } from '../domain/restore-point.ts'
import { isAhead } from '../policy/freshness.ts'
import { formatLocalStamp } from '../policy/local-time.ts'
import { newestOf } from '../policy/recovery-target.ts'
import { parseRestoreTime } from '../policy/restore-time.ts'
import type { AppContext } from './context.ts'
import type { RestoreWish } from './restore.ts'

/** The point that is wished for: by the beginning of its id, the newest before a time, or the newest. */
export function choosePoint(
  points: readonly RestorePoint[],
  wish: Pick<RestoreWish, 'point' | 'at'>,
  context: AppContext,
): RestorePoint {
  const { timeZone } = context.site
  if (wish.point !== undefined) {
    const wanted = wish.point
    const matching = points.filter(({ id }) => wanted !== '' && (id.startsWith(wanted) || shortPointId(id).startsWith(wanted)))
    const exact = matching.find(({ id }) => id === wanted || shortPointId(id) === wanted)
    if (exact) return exact
    const [only] = matching
    if (matching.length === 1 && only) return only
    throw new HoldfastError(
      'point-unknown',
      matching.length === 0
        ? `there is no restore point ${wish.point}`
        : `${wish.point} is the beginning of ${matching.length} restore points`,
      {
        hint: `holdfast points lists them${points.length === 0 ? '; there is none yet' : `; the newest is ${shortPointId(newestOf(points, points).id)}`}`,
      },
    )
  }
  if (wish.at === undefined) {
    // One that was taken while the clock was ahead would be the newest until that time has come.
    const past = points.filter(({ endedAt }) => !isAhead(endedAt, context.clock.now()))
    return newestOf(past.length > 0 ? past : points, points)
  }
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
