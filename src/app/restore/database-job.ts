import { defined } from '../../domain/defined.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { majorVersionOf, shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { DatabaseEngine, DatabaseRestoreRequest } from '../../engines/database-port.ts'
import type { EngineContext } from '../../engines/port.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { findServerPrograms } from '../../sources/postgres/programs.ts'
import { neverMetTarget, type StartOptions } from '../../sources/postgres/restored/cluster.ts'
import type { RestoredCluster } from '../../sources/postgres/port.ts'
import { requireAccess } from '../component/access.ts'
import type { Recovery } from './choose-recovery.ts'
import type { AppContext } from '../site/context.ts'
import { requireRoom } from '../component/free-space.ts'
import { markFolder, markOf } from '../../state/restore-marks.ts'
import { ownerOfRestored } from '../component/restored-owner.ts'
import { prepareTarget } from './facts/target-state.ts'
import type { Drilling, Restored } from './request.ts'

/** What a restore of a database works with, once it is known where to begin and where to stop. */
export interface DatabaseRestore {
  readonly context: AppContext
  readonly component: PostgresComponent
  readonly engine: DatabaseEngine
  readonly work: EngineContext
  readonly recovery: Recovery
  readonly drill?: Drilling | undefined
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
    ...defined({ pin }),
    restoredTo: cluster.namedAt ?? restoredTo,
    cluster,
    ...defined({ sizeBytes }),
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
  { holds = 'nothing', database }: Pick<DatabaseRestoreRequest, 'holds' | 'database'>,
): Promise<StartOptions> {
  const { context, component, engine, work, recovery } = job
  const { archive } = recovery.request.point
  // An old point may be of a major version that is not installed any more.
  if (archive !== undefined) findServerPrograms(context.place, majorVersionOf(archive))
  const owner = ownerOfRestored(context, component)
  if (holds === 'nothing') await requireRoom(context.machine, folder, spaceFor(recovery.request.point), job.drill)
  prepareTarget(folder, owner)
  await requireAccess(context, 'enter', folder, owner.user, 'choose with --to a folder that it can get to')
  if (markOf(context, folder) === undefined) markFolder(context, { component: component.name, kind: 'directory', folder })
  if (holds === 'unfinished') work.report({ note: 'going on with what an earlier restore left there' })
  await engine.restore({ ...recovery.request, database, target: folder, holds }, work)
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
