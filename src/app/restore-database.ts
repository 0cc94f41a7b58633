import { HoldfastError } from '../domain/errors.ts'
import { majorVersionOf, shortPointId, type RestorePoint } from '../domain/restore-point.ts'
import { bytes, type Bytes } from '../domain/size.ts'
import type { PostgresComponent } from '../domain/site.ts'
import type { Engine, EngineContext, RestoreRequest } from '../engines/port.ts'
import { shellWord } from '../places/command-text.ts'
import { withSiteLock } from '../places/site-lock.ts'
import { formatLocalStamp } from '../policy/local-time.ts'
import { isInContainer } from '../sources/postgres/container-server.ts'
import {
  findServerPrograms,
  neverMetTarget,
  proveRestoredCluster,
  withRestoredServer,
  type RestoredCluster,
  type StartOptions,
} from '../sources/postgres/restored-cluster.ts'
import { requireAccess } from './access.ts'
import { chooseRecovery, type Recovery } from './choose-recovery.ts'
import { lockFileOf, type AppContext } from './context.ts'
import { writeMissingConfiguration } from './engine-configuration.ts'
import { requireRoom } from './free-space.ts'
import { readInPlace, settleInPlace } from './in-place-record.ts'
import { forgetFolder, markFolder, markOf } from './restore-marks.ts'
import { ownerOfRestored, prepareTarget, refuseTarget } from './restore-target.ts'
import type { Drilling, RequireYes, Restored, RestoreWish } from './restore.ts'

/** What a restore of a database works with, once it is known where to begin and where to stop. */
export interface DatabaseRestore {
  readonly context: AppContext
  readonly component: PostgresComponent
  readonly engine: Engine
  readonly work: EngineContext
  readonly recovery: Recovery
  readonly drill?: Drilling | undefined
}

/** Brings a database back to an instant, and starts it to see that it got there and answers. */
export async function restoreDatabase(
  context: AppContext,
  component: PostgresComponent,
  wish: RestoreWish,
  work: EngineContext,
  requireYes: RequireYes,
): Promise<Restored> {
  if (wish.paths.length > 0 || wish.patterns.length > 0) {
    throw new HoldfastError('usage', '--path and --match are for files; a database is restored whole', {
      hint: 'leave them out; --database and --table take one database or table out of it',
    })
  }
  // A drill leaves the live data to others, and holds the lock already.
  const ended = wish.drill === undefined ? await endHalfDone(context, component, work, false) : undefined
  const restored = await restoreTo(context, component, wish, work, requireYes)
  return ended === undefined ? restored : { ...restored, notes: [ended, ...restored.notes] }
}

async function restoreTo(
  context: AppContext,
  component: PostgresComponent,
  wish: RestoreWish,
  work: EngineContext,
  requireYes: RequireYes,
): Promise<Restored> {
  const { target } = wish
  const prepareIn = async (where: AppContext): Promise<DatabaseRestore> => {
    const engine = where.engineOf(component)
    await writeMissingConfiguration(where, component)
    const recovery = await chooseRecovery(where, component, engine, wish, work)
    wish.drill?.chosen(recovery.request.point)
    return { context: where, component, engine, work, recovery, drill: wish.drill }
  }
  if (target.kind === 'in-place') {
    const { restoreInPlace } = await import('./restore-in-place.ts')
    return withLock(context, lockFileOf(context), () => restoreInPlace(context, component, prepareIn, requireYes))
  }
  if (isInContainer(component.source) && context.restoring === undefined) {
    const { withRestorer } = await import('./restore-container.ts')
    return withRestorer(context, { ...component, source: component.source }, target, (inside) =>
      restoreTo(inside, component, wish, work, requireYes),
    )
  }
  const prepare = () => prepareIn(context)
  switch (target.kind) {
    case 'directory': {
      // Before anything is asked of the repository, which may be far away.
      const holds = refuseTarget(context, component, target.folder, { isDrill: wish.drill !== undefined })
      return restoreIntoFolder(await prepare(), target.folder, holds)
    }
    case 'temporary': {
      const { restoreTemporary } = await import('./restore-temporary.ts')
      return restoreTemporary(context, component, target, prepare)
    }
    case 'dump':
    case 'live-database': {
      const { restorePart } = await import('./restore-part.ts')
      return restorePart(context, component, target, prepare)
    }
  }
}

/** What a killed restore in place left is put right, or a person asked to choose, before anything is asked of that cluster. */
export async function endHalfDone(
  context: AppContext,
  component: PostgresComponent,
  work: EngineContext,
  isAsked: boolean,
): Promise<string | undefined> {
  if (readInPlace(context, component.name) === undefined) return undefined
  const told = await withLock(context, lockFileOf(context), () => settleInPlace(context, component.name, isAsked))
  if (told !== undefined) work.report({ note: told })
  return told
}

/** Puts back what a killed restore in place had set aside, and says so. Throws `usage` when there is none. */
export async function undoInPlace(context: AppContext, component: PostgresComponent): Promise<string> {
  const work = { signal: context.signal, clock: context.clock, report: () => undefined }
  const said = await endHalfDone(context, component, work, true)
  if (said !== undefined) return said
  throw new HoldfastError('usage', `no restore in place of ${component.name} is unfinished`, {
    hint: 'one that succeeded told where the old data lies; what to do with it is in your hands',
  })
}

/** One restore at a time where two would be in each other's way, and none beside a run where live data is replaced. */
export const withLock = <Result>(context: AppContext, file: string, work: () => Promise<Result>): Promise<Result> =>
  withSiteLock(
    {
      place: context.place,
      clock: context.clock,
      signal: context.signal,
      file,
      verb: 'restore',
      waitMs: 0,
      onWait: () => undefined,
    },
    work,
  )

/**
 * The cluster of a machine that is gone, into its own data directory, which holds nothing, or what an earlier recovery left
 * there. Unlike a restore in place it doesn't archive when it is started.
 */
export async function restoreToBareMachine(
  context: AppContext,
  component: PostgresComponent,
  at: string | undefined,
  holds: 'nothing' | 'unfinished',
  work: EngineContext,
): Promise<Restored> {
  const engine = context.engineOf(component)
  await writeMissingConfiguration(context, component)
  const wish = { at, point: undefined, name: undefined }
  const recovery = await chooseRecovery(context, component, engine, wish, work)
  return restoreIntoFolder({ context, component, engine, work, recovery }, component.source.dataDirectory, holds)
}

async function restoreIntoFolder(job: DatabaseRestore, folder: string, holds: RestoreRequest['holds']): Promise<Restored> {
  const start = await copyCluster(job, folder, { holds })
  const { drill } = job
  const proof = drill === undefined ? proveRestoredCluster(start) : proveByDrill(job, drill, start)
  const cluster = await proof.catch(explainName(job))
  forgetFolder(job.context, folder)
  const lookInside = job.context.restoring?.lookInside ?? ((copy) => lookByOwner(copy, cluster))
  return { ...restoredBy(job, cluster), target: folder, places: [folder], lookInside: lookInside(folder) }
}

const proveByDrill = (
  { context }: DatabaseRestore,
  { restored, examine }: Drilling,
  start: StartOptions,
): Promise<RestoredCluster> =>
  withRestoredServer(start, async (server) => {
    restored()
    await examine(server, context)
    return server.cluster
  })

/** For a shell of the owner of the copy. */
const lookByOwner = (folder: string, { majorVersion }: RestoredCluster): string =>
  `/usr/lib/postgresql/${majorVersion}/bin/pg_ctl -D ${shellWord(folder)} -o '-p 5499' -w start`

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

/** What all kinds of targets say of a restored cluster. */
export function restoredBy({ recovery }: DatabaseRestore, cluster: RestoredCluster): Omit<Restored, 'target' | 'places'> {
  const { request, restoredTo, archivedUntilNow } = recovery
  const { sizeBytes, pin, hasErrors } = request.point
  const damage =
    'the base backup holds pages with wrong checksums: look at its tables with pg_amcheck; another point may be whole'
  const lossAtMostMs = lossOf(cluster, recovery)
  return {
    point: request.point.id,
    ...(pin === undefined ? {} : { pin }),
    restoredTo: cluster.namedAt ?? restoredTo,
    cluster,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(lossAtMostMs > 0 ? { lossAtMostMs } : {}),
    notes: [
      ...(hasErrors ? [damage] : []),
      ...recovery.notes,
      ...(cluster.endedBeforeTarget ? [endOfWalText(cluster, archivedUntilNow)] : []),
    ],
  }
}

/**
 * Restores the cluster's files into a folder, which is made if need be and remembered as ours until whoever called finishes
 * it; gives back how to start what is there now.
 */
export async function copyCluster(
  job: DatabaseRestore,
  folder: string,
  { holds = 'nothing', database }: Pick<RestoreRequest, 'holds' | 'database'>,
): Promise<StartOptions> {
  const { context, component, engine, work, recovery } = job
  const { archive } = recovery.request.point
  // An old point may be of a major version that is not installed any more.
  if (archive !== undefined) findServerPrograms(context.place, majorVersionOf(archive))
  const owner = ownerOfRestored(context, component)
  if (holds === 'nothing') requireRoom(folder, spaceFor(recovery.request.point), job.drill)
  prepareTarget(folder, owner)
  await requireAccess(context, 'enter', folder, owner.user, 'choose with --to a folder that it can get to')
  if (markOf(context, folder) === undefined) markFolder(context, { component: component.name, kind: 'directory', folder })
  if (holds === 'unfinished') work.report({ note: 'going on with what an earlier restore left there' })
  await engine.restore({ ...recovery.request, database, paths: [], target: folder, holds }, work)
  work.report({ note: 'starting the restored database, to see that it recovers and answers' })
  return startOptions(job, folder)
}

export function startOptions({ context, component, work, recovery }: DatabaseRestore, dataDirectory: string): StartOptions {
  const { at } = recovery.request
  return {
    place: context.place,
    clock: context.clock,
    signal: context.signal,
    dataDirectory,
    user: component.source.user,
    database: component.source.database,
    deadlineMs: component.deadline,
    lastWal: recovery.lastWal,
    until: typeof at === 'number' ? 'time' : typeof at === 'object' ? 'name' : 'end',
    archiving: 'off',
    scratchDirectory: context.restoring?.scratchDirectory,
    report: (note) => work.report({ note }),
  }
}

/** A name that recovery never meets must not end as the latest state. */
export function explainName({ context, recovery }: DatabaseRestore): (error: unknown) => never {
  return (error) => {
    const { at, point } = recovery.request
    if (typeof at !== 'object' || !neverMetTarget(error)) throw error
    const from = formatLocalStamp(point.endedAt, context.site.timeZone)
    throw new HoldfastError(
      'point-unknown',
      `no restore point named ${JSON.stringify(at.name)} was made after base backup ${shortPointId(point.id)} of ${from}`,
      {
        hint: "was it made before? say about when: --name NAME --at '2026-01-20 12:00' begins with the last base backup before that",
        cause: error,
      },
    )
  }
}

/** Says no more than is known: WAL that the dead server never archived can't have been looked into. */
function endOfWalText(cluster: RestoredCluster, archivedUntilNow: boolean): string {
  if (archivedUntilNow) return 'no commit came after that time, so this is everything that had been committed'
  const last = cluster.lastTransactionAt === undefined ? '' : `, with the transaction of ${cluster.lastTransactionAt}`
  return `the archived WAL ends before that time${last}; what was committed later, if anything was, had not been archived`
}

/** The data itself, and WAL that is replayed and written while it recovers. */
export function spaceFor(point: RestorePoint): Bytes {
  return bytes(Math.round((point.sizeBytes ?? 0) * 1.1) + 128 * 2 ** 20)
}
