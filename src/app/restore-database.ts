import { existsSync } from 'node:fs'
import type { Instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import { majorVersionOf, type RestorePoint } from '../domain/restore-point.ts'
import { bytes, type Bytes } from '../domain/size.ts'
import type { PostgresComponent } from '../domain/site.ts'
import type { Engine, EngineContext, RestoreRequest } from '../engines/port.ts'
import { liesBeyondArchive, presentFor, recoveryTarget } from '../policy/recovery-target.ts'
import { parseRestoreTime } from '../policy/restore-time.ts'
import { heartbeatOwner } from '../sources/postgres/heartbeat.ts'
import { archiveUntilNow, refuseUnready } from '../sources/postgres/readiness.ts'
import { findServerPrograms, proveRestoredCluster, type RestoredCluster } from '../sources/postgres/restored-cluster.ts'
import { clusterOwner, locateServer, readServerFacts } from '../sources/postgres/server.ts'
import { requireAccess } from './access.ts'
import type { AppContext } from './context.ts'
import { planConfiguration } from './engine-configuration.ts'
import { requireFreeSpace } from './free-space.ts'
import { askRecoverability } from './recoverability.ts'
import { choosePoint } from './restore-point.ts'
import { prepareTarget } from './restore-target.ts'
import type { Restored, RestoreWish } from './restore.ts'

/** Brings a database back to an instant, and starts it to see that it got there and answers. */
export async function restoreDatabase(
  context: AppContext,
  component: PostgresComponent,
  wish: RestoreWish,
  work: EngineContext,
): Promise<Restored> {
  if (wish.paths.length > 0) {
    throw new HoldfastError('usage', '--path is for files; a database is restored whole', {
      hint: 'leave --path out, and take what you need with pg_dump',
    })
  }
  const { source } = component
  const engine = context.engineOf(component)
  await configureForRestore(context, component, engine)
  const recovery = await chooseRecovery(context, component, engine, wish, work)
  const { request, restoredTo } = recovery
  const { archive } = request.point
  if (archive !== undefined) findServerPrograms(context.place, majorVersionOf(archive))
  const owner = clusterOwner(source.dataDirectory)
  requireFreeSpace(wish.target, 'the restore', spaceFor(request.point))
  prepareTarget(wish.target, owner)
  await requireAccess(context, 'enter', wish.target, owner.user, 'choose with --to a folder that it can get to')
  await engine.restore({ ...request, paths: [], target: wish.target }, work)
  work.report({ note: 'starting the restored database, to see that it recovers and answers' })
  const cluster = await proveRestoredCluster({
    place: context.place,
    clock: context.clock,
    signal: context.signal,
    dataDirectory: wish.target,
    user: source.user,
    database: source.database,
    deadlineMs: component.deadline,
    lastWal: recovery.lastWal,
    report: (note) => work.report({ note }),
  })
  const notes = [...recovery.notes, ...(cluster.endedBeforeTarget ? [endOfWalText(cluster, recovery.archivedUntilNow)] : [])]
  const pinned = request.point.pin === undefined ? {} : { pin: request.point.pin }
  const lossAtMostMs = lossOf(cluster, recovery)
  return {
    point: request.point.id,
    ...pinned,
    restoredTo,
    places: [wish.target],
    cluster,
    notes,
    ...(lossAtMostMs > 0 ? { lossAtMostMs } : {}),
  }
}

/** Where recovery begins and how far it goes, in the words of the engine, and what there is to say of it. */
interface Recovery {
  readonly request: Pick<RestoreRequest, 'point' | 'at' | 'timeline'>
  readonly restoredTo: Instant
  readonly archivedUntilNow: boolean
  /** What was asked for, and how far the archive is known to go towards it; absent for a point. */
  readonly wanted?: Instant
  readonly certainUntil?: Instant
  readonly lastWal: string | undefined
  readonly notes: readonly string[]
}

async function chooseRecovery(
  context: AppContext,
  component: PostgresComponent,
  engine: Engine,
  wish: RestoreWish,
  work: EngineContext,
): Promise<Recovery> {
  const { timeZone } = context.site
  const points = await engine.listPoints(work)
  if (wish.point !== undefined) {
    const point = choosePoint(points, wish, context)
    return { request: { point, at: 'point' }, restoredTo: point.endedAt, archivedUntilNow: false, lastWal: undefined, notes: [] }
  }
  const at = wish.at === undefined ? undefined : parseRestoreTime(wish.at, timeZone)
  const askWindows = async () => (await askRecoverability(context, component, work))?.windows ?? []
  const asked = await askWindows()
  const now = presentFor(at, asked, context.clock.now())
  // "Just now" is restorable too while the server lives: what it has not archived yet is archived first.
  const archived: ArchivedNow = liesBeyondArchive(at, asked, now) ? await archiveNow(context, component) : {}
  const windows = archived.segment === undefined ? asked : await askWindows()
  const target = recoveryTarget({ points, windows, at, now, archived: archived.segment, timeZone })
  const notes = archived.note === undefined ? [] : [archived.note]
  if (target.unreachable) {
    notes.push(`what the live server archived last, ${archived.segment}, cannot be reached: a new backup makes it so`)
  }
  const { point, timeline, restoredTo, certainUntil, archivedUntilNow, lastWal } = target
  const request = { point, at: target.at, ...(timeline === undefined ? {} : { timeline }) }
  return { request, restoredTo, archivedUntilNow, wanted: at ?? now, certainUntil, lastWal, notes }
}

/**
 * How much of the newest work can be missing, in milliseconds: from the last moment that is known to be in the copy to the
 * one that was asked for. Nothing is, when recovery came past that one.
 */
function lossOf(cluster: RestoredCluster, recovery: Recovery): number {
  const { wanted, certainUntil } = recovery
  if (wanted === undefined || certainUntil === undefined || recovery.archivedUntilNow) return 0
  if (recovery.request.at !== 'archive-end' && !cluster.endedBeforeTarget) return 0
  return wanted - Math.max(certainUntil, cluster.lastHeartbeat?.at ?? 0)
}

/** Says no more than is known: WAL that the dead server never archived can't have been looked into. */
function endOfWalText(cluster: RestoredCluster, archivedUntilNow: boolean): string {
  if (archivedUntilNow) return 'no commit came after that time, so this is everything that had been committed'
  const last = cluster.lastTransactionAt === undefined ? '' : `, with the transaction of ${cluster.lastTransactionAt}`
  return `the archived WAL ends before that time${last}; what was committed later, if anything was, had not been archived`
}

/**
 * On the machine that a disaster left, or on a new one, the engine's configuration may be gone with the server. It follows
 * from holdfast.yaml and the secrets; where the server would listen doesn't matter to a restore.
 */
async function configureForRestore(context: AppContext, component: PostgresComponent, engine: Engine): Promise<void> {
  const { configuration } = engine
  if (configuration === undefined || existsSync(configuration.file)) return
  const { source } = component
  const owner = clusterOwner(source.dataDirectory).user
  const server = { port: source.port ?? 5432, socketDirectory: source.socketDirectory ?? '/var/run/postgresql', owner }
  for (const change of planConfiguration(context, component, configuration, server)) await change.apply()
}

/** The last segment that the live server archived for us; or a note why it could not, when it is there at all. */
interface ArchivedNow {
  readonly segment?: string
  readonly note?: string
}

async function archiveNow(context: AppContext, component: PostgresComponent): Promise<ArchivedNow> {
  const { source } = component
  try {
    const server = locateServer(source)
    refuseUnready(source, await readServerFacts(context.place, server, source, context.signal))
    const { signal, clock } = context
    const writer = `${heartbeatOwner(context.site.name, component.name)}restore`
    return await archiveUntilNow(context.place, server, source, { signal, clock, limitMs: 60_000, writer })
  } catch (error) {
    // A restore is for the day on which the server is gone: whatever it can't do must not stand in the way.
    if (!(error instanceof HoldfastError) || error.code === 'interrupted') throw error
    const gone = error.code === 'postgres-down' || error.code === 'source-missing'
    return gone ? {} : { note: `the live server holds more than could be archived: ${error.message}` }
  }
}

/** The data itself, and WAL that is replayed and written while it recovers. */
function spaceFor(point: RestorePoint): Bytes {
  return bytes(Math.round((point.sizeBytes ?? 0) * 1.1) + 128 * 2 ** 20)
}
