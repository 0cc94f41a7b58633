import { defined } from '../../domain/defined.ts'
import type { Instant } from '../../domain/clock.ts'
import { HoldfastError, isHoldfastError, type ErrorCode } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { DatabaseEngine, DatabaseRestoreRequest } from '../../engines/database-port.ts'
import type { EngineContext } from '../../engines/port.ts'
import { liesBeyondArchive, newestOf, presentFor, recoveryTarget } from '../../policy/recovery-target.ts'
import { parseRestoreTime } from '../../policy/restore-time.ts'
import { heartbeatOwner } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import { askRecoverability } from '../component/recoverability.ts'
import { namedPoint } from '../component/restore-point.ts'
import type { RestoreWish } from './request.ts'

/** Where recovery begins and how far it goes, in the words of the engine, and what there is to say of it. */
export interface Recovery {
  readonly request: Pick<DatabaseRestoreRequest, 'point' | 'at' | 'timeline'>
  readonly restoredTo: Instant
  readonly archivedUntilNow: boolean
  /** What was asked for, and how far the archive is known to go towards it; absent for a point. */
  readonly wanted?: Instant
  readonly certainUntil?: Instant
  readonly lastWal: string | undefined
  readonly notes: readonly string[]
}

export async function chooseRecovery(
  context: AppContext,
  component: PostgresComponent,
  engine: DatabaseEngine,
  wish: Pick<RestoreWish, 'at' | 'point' | 'name' | 'drill'>,
  work: EngineContext,
): Promise<Recovery> {
  const { timeZone } = context.site
  const points = await engine.listPoints(work)
  if (wish.name !== undefined) return chooseByName(context, component, { ...wish, name: wish.name }, points, work)
  if (wish.point !== undefined) {
    const point = namedPoint(points, wish.point)
    return { request: { point, at: 'point' }, restoredTo: point.endedAt, archivedUntilNow: false, lastWal: undefined, notes: [] }
  }
  const at = wish.at === undefined ? undefined : parseRestoreTime(wish.at, timeZone)
  const askWindows = async () => (await askRecoverability(context, component, work)).windows
  const asked = await askWindows()
  wish.drill?.reaches(asked)
  const now = presentFor(at, asked, context.clock.now())
  // "Just now" is restorable too while the server lives: what it has not archived yet is archived first.
  // A drill sees what would be left of it if it were gone.
  const isAsked = wish.drill === undefined && liesBeyondArchive(at, asked, now)
  const archived: ArchivedNow = isAsked ? await archiveNow(context, component) : {}
  const windows = archived.segment === undefined ? asked : await askWindows()
  const target = recoveryTarget({ points, windows, at, now, archived: archived.segment, timeZone })
  const notes = archived.note === undefined ? [] : [archived.note]
  if (target.unreachable) {
    notes.push(`what the live server archived last, ${archived.segment}, cannot be reached: a new backup makes it so`)
  }
  const { point, timeline, restoredTo, certainUntil, archivedUntilNow, lastWal } = target
  const request = { point, at: target.at, ...defined({ timeline }) }
  return { request, restoredTo, archivedUntilNow, wanted: at ?? now, certainUntil, lastWal, notes }
}

/**
 * Nobody but the WAL knows when a name was made. Recovery stops at the first one that it meets, so it begins with the newest
 * base backup before the time that somebody remembers, else with the newest of all.
 */
async function chooseByName(
  context: AppContext,
  component: PostgresComponent,
  wish: Pick<RestoreWish, 'at' | 'point'> & { readonly name: string },
  points: readonly RestorePoint[],
  work: EngineContext,
): Promise<Recovery> {
  // oxlint-disable-next-line no-control-regex -- these are what neither PostgreSQL's configuration nor a name can hold
  if (wish.name === '' || Buffer.byteLength(wish.name) > 63 || /[\u0000-\u001f]/.test(wish.name)) {
    throw new HoldfastError('usage', `${JSON.stringify(wish.name)} cannot be the name of a restore point`, {
      hint: 'pg_create_restore_point takes up to 63 bytes, and nothing here reads lines or tabs in them',
    })
  }
  // It may have been made just now.
  const { note } = await archiveNow(context, component)
  const windows = (await askRecoverability(context, component, work)).windows
  const about = wish.at === undefined ? undefined : parseRestoreTime(wish.at, context.site.timeZone)
  const reachable = points.filter(({ id }) => windows.some((window) => window.points.includes(id)))
  const before = reachable.filter(({ endedAt }) => about === undefined || endedAt <= about)
  const point = wish.point === undefined ? newestOf(before, points) : namedPoint(points, wish.point)
  const window = windows.findLast((candidate) => candidate.points.includes(point.id))
  return {
    request: { point, at: { name: wish.name }, ...(window === undefined ? {} : { timeline: window.timeline }) },
    restoredTo: point.endedAt,
    archivedUntilNow: false,
    lastWal: undefined,
    notes: note === undefined ? [] : [note],
  }
}

/** The last segment that the live server archived for us; or a note why it could not, when it is there at all. */
interface ArchivedNow {
  readonly segment?: string
  readonly note?: string
}

const goneCodes: ReadonlySet<ErrorCode> = new Set([
  'postgres-down',
  'source-missing',
  'container-missing',
  'container-down',
  'container-runtime',
])

async function archiveNow(context: AppContext, component: PostgresComponent): Promise<ArchivedNow> {
  try {
    const server = await context.serverOf(component)
    await server.requireReady()
    const writer = `${heartbeatOwner(context.site.name, component.name)}restore`
    return await server.archiveUntilNow({ clock: context.clock, limitMs: 60_000, writer })
  } catch (error) {
    // A restore is for the day on which the server is gone: whatever it can't do must not stand in the way.
    if (!isHoldfastError(error) || error.code === 'interrupted') throw error
    return goneCodes.has(error.code) ? {} : { note: `the live server holds more than could be archived: ${error.message}` }
  }
}
