import { instant, type Instant } from '../../../domain/clock.ts'
import { HoldfastError } from '../../../domain/errors.ts'
import type { RecoveryWindow, RestorePoint } from '../../../domain/restore-point.ts'
import { liesBeyondArchive, newestOf, presentFor, recoveryTarget } from '../../../policy/recovery-target.ts'
import { parseRestoreTime } from '../../../policy/restore-time.ts'
import { namedPoint } from '../../component/restore-point.ts'
import type { PlannedRecovery } from '../plan.ts'
import type { RestoreRequest } from '../request.ts'

/** What the live server did when it was asked to archive what it holds. */
export interface ArchivedNow {
  /** The last segment that it archived. */
  readonly segment?: string | undefined
  /** Why it could not, when it is there at all. */
  readonly note?: string
  /** Nobody asked it to, but it is there and would. */
  readonly isAssumed?: true
}

/** What was asked before it is chosen where to begin and where to stop. */
export interface RecoveryFacts {
  /** Oldest first, like the windows. */
  readonly points: readonly RestorePoint[]
  readonly windows: readonly RecoveryWindow[]
  readonly archived: ArchivedNow
  readonly now: Instant
  readonly timeZone: string
}

export interface ChosenRecovery {
  readonly point: RestorePoint
  readonly restoredTo: Instant
  readonly recovery: PlannedRecovery
  readonly notes: readonly string[]
}

type Moment = Pick<RestoreRequest, 'at' | 'point' | 'name'>

/** The time that is asked for; undefined for the latest. */
const wantedTime = ({ at }: Pick<RestoreRequest, 'at'>, timeZone: string): Instant | undefined =>
  at === undefined ? undefined : parseRestoreTime(at, timeZone)

/** Whether a live server has to archive before the wanted time can be restored. A drill sees what would be left without one. */
export function needsLiveServer(request: RestoreRequest, facts: Omit<RecoveryFacts, 'archived'>): boolean {
  if (request.purpose === 'drill') return false
  if (request.name !== undefined) return true
  if (request.point !== undefined) return false
  const at = wantedTime(request, facts.timeZone)
  return liesBeyondArchive(at, facts.windows, presentFor(at, facts.windows, facts.now))
}

/** Where to begin and where to stop. Throws `target-time`, `point-unknown` and `usage` when there is no way. */
export function chooseRecovery(request: Moment, facts: RecoveryFacts): ChosenRecovery {
  if (request.name !== undefined) return chooseByName({ ...request, name: request.name }, facts)
  if (request.point !== undefined) {
    const point = namedPoint(facts.points, request.point)
    return { point, restoredTo: point.endedAt, recovery: { stop: 'point', archivedUntilNow: false }, notes: [] }
  }
  const { points, archived, timeZone } = facts
  const at = wantedTime(request, timeZone)
  const now = presentFor(at, facts.windows, facts.now)
  const windows = archived.isAssumed ? reaching(facts.windows, at ?? now) : facts.windows
  const target = recoveryTarget({ points, windows, at, now, archived: archived.segment, timeZone })
  const { point, timeline, restoredTo, certainUntil, archivedUntilNow, lastWal } = target
  const newestWindow = facts.windows.at(-1)
  return {
    point,
    restoredTo,
    recovery: {
      ...{ stop: target.at, wanted: at ?? now, certainUntil, archivedUntilNow },
      ...(timeline === undefined ? {} : { timeline }),
      ...(lastWal === undefined ? {} : { lastWal }),
      ...(newestWindow === undefined ? {} : { newestWindow }),
    },
    notes: [
      ...(archived.note === undefined ? [] : [archived.note]),
      ...(archived.isAssumed ? ['what the live server has not archived yet is archived first'] : []),
      ...(target.unreachable
        ? [`what the live server archived last, ${archived.segment}, cannot be reached: a new backup makes it so`]
        : []),
    ],
  }
}

/** The newest window as it will be once the live server has archived. */
function reaching(windows: readonly RecoveryWindow[], wanted: Instant): RecoveryWindow[] {
  const last = windows.length - 1
  return windows.map((window, index) => (index === last ? { ...window, to: instant(Math.max(window.to, wanted)) } : window))
}

/**
 * Nobody but the WAL knows when a name was made. Recovery stops at the first one that it meets, so it begins with the newest
 * base backup before the time that somebody remembers, else with the newest of all.
 */
function chooseByName(request: Moment & { readonly name: string }, facts: RecoveryFacts): ChosenRecovery {
  const { points, windows, archived, timeZone } = facts
  // oxlint-disable-next-line no-control-regex -- these are what neither PostgreSQL's configuration nor a name can hold
  if (request.name === '' || Buffer.byteLength(request.name) > 63 || /[\u0000-\u001f]/.test(request.name)) {
    throw new HoldfastError('usage', `${JSON.stringify(request.name)} cannot be the name of a restore point`, {
      hint: 'pg_create_restore_point takes up to 63 bytes, and nothing here reads lines or tabs in them',
    })
  }
  const about = wantedTime(request, timeZone)
  const reachable = points.filter(({ id }) => windows.some((window) => window.points.includes(id)))
  const before = reachable.filter(({ endedAt }) => about === undefined || endedAt <= about)
  const point = request.point === undefined ? newestOf(before, points) : namedPoint(points, request.point)
  const window = windows.findLast((candidate) => candidate.points.includes(point.id))
  return {
    point,
    restoredTo: point.endedAt,
    recovery: {
      stop: { name: request.name },
      archivedUntilNow: false,
      ...(window === undefined ? {} : { timeline: window.timeline }),
    },
    notes: archived.note === undefined ? [] : [archived.note],
  }
}
