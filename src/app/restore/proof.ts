import { HoldfastError } from '../../domain/errors.ts'
import { majorVersionOf, shortPointId } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { findServerPrograms } from '../../sources/postgres/programs.ts'
import { neverMetTarget, withRestoredServer, type StartOptions } from '../../sources/postgres/restored/cluster.ts'
import type { PrivateServer, RestoredCluster } from '../../sources/postgres/port.ts'
import { requireAccess } from '../component/access.ts'
import { markFolder, markOf } from '../../state/restore-marks.ts'
import type { AppContext } from '../site/context.ts'
import type { Workbench } from './executors/workbench.ts'
import { prepareTarget } from './facts/target-state.ts'
import type { DatabasePlan, PlannedExecutor } from './plan.ts'
import type { Restored, RestoreWatcher } from './request.ts'

/** What a restore of a database works with, whatever it is told to do. */
export interface DatabaseTools {
  readonly context: Pick<AppContext, 'site' | 'clock' | 'machine' | 'place' | 'signal' | 'stateDirectory' | 'serverOf'>
  readonly component: PostgresComponent
  readonly work: EngineContext
  /** Opens what a plan names as its executor, for as long as the work takes. */
  readonly open: <Result>(executor: PlannedExecutor, work: (bench: Workbench) => Promise<Result>) => Promise<Result>
  readonly prove: Proof
}

/** Starts what was restored, sees it recover and answer, and has it looked at. */
export type Proof = <Result>(
  bench: Workbench,
  plan: DatabasePlan,
  look: (server: PrivateServer) => Promise<Result>,
  live?: Pick<StartOptions, 'archiving' | 'configurationFile'>,
) => Promise<{ readonly cluster: RestoredCluster; readonly found: Result }>

/** Restores the cluster's files into the target's folder, which is made if need be and remembered as ours until it is finished. */
export async function copyCluster({ context, work }: DatabaseTools, bench: Workbench, plan: DatabasePlan): Promise<void> {
  const { owner, engine, target } = plan
  const { archive } = plan.point
  // An old point may be of a major version that is not installed any more.
  if (archive !== undefined) findServerPrograms(bench.place, majorVersionOf(archive))
  const { folder } = target
  prepareTarget(folder, owner)
  const hint = 'choose with --to a folder that it can get to'
  await requireAccess({ place: bench.place, signal: context.signal }, 'enter', folder, owner.user, hint)
  if (markOf(context, folder) === undefined) markFolder(context, { component: plan.component, kind: 'directory', folder })
  if (engine.holds === 'unfinished') work.report({ note: 'going on with what an earlier restore left there' })
  await bench.engine.restore(engine, work)
}

/**
 * Starts what was restored where nobody else gets to it, sees it recover and answer, and has it looked at. A restore that exits 0
 * proves nothing: only a server that answers after recovery does.
 */
export const proofFor =
  ({ context, component, work }: Pick<DatabaseTools, 'context' | 'component' | 'work'>, watcher: RestoreWatcher): Proof =>
  async (bench, plan, look, live = { archiving: 'off' }) => {
    const { stop, lastWal } = plan.recovery
    const { clock, signal } = context
    work.report({ note: 'starting the restored database, to see that it recovers and answers' })
    const start: StartOptions = {
      ...{ place: bench.place, clock, signal, dataDirectory: plan.engine.target, ...live },
      ...{ user: component.source.user, database: component.source.database, deadlineMs: component.deadline },
      ...{ lastWal, until: typeof stop === 'number' ? 'time' : typeof stop === 'object' ? 'name' : 'end' },
      scratchDirectory: bench.scratchDirectory,
      report: (note) => work.report({ note }),
    }
    try {
      return await withRestoredServer(start, async (server) => {
        watcher.restored?.()
        await watcher.inspect?.(server)
        return { cluster: server.cluster, found: await look(server) }
      })
    } catch (error) {
      throw explained(error, plan, context.site.timeZone)
    }
  }

/** A name that recovery never meets must not end as the latest state. */
function explained(error: unknown, { recovery: { stop }, point }: DatabasePlan, timeZone: string): unknown {
  if (typeof stop !== 'object' || !neverMetTarget(error)) return error
  return new HoldfastError(
    'point-unknown',
    `no restore point named ${JSON.stringify(stop.name)} was made after base backup ${shortPointId(point.id)} of ${formatLocalStamp(point.endedAt, timeZone)}`,
    {
      hint: "was it made before? say about when: --name NAME --at '2026-01-20 12:00' begins with the last base backup before that",
      cause: error,
    },
  )
}

/** What all kinds of targets say of a proven cluster. */
export function restoredAs(plan: DatabasePlan, cluster: RestoredCluster): Omit<Restored, 'target' | 'places'> {
  const { point, sizeBytes, recovery } = plan
  const lossAtMostMs = lossOf(cluster, plan)
  return {
    point: point.id,
    ...(point.pin === undefined ? {} : { pin: point.pin }),
    restoredTo: cluster.namedAt ?? plan.restoredTo,
    cluster,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(lossAtMostMs > 0 ? { lossAtMostMs } : {}),
    notes: [...plan.notes, ...(cluster.endedBeforeTarget ? [endOfWalText(cluster, recovery.archivedUntilNow)] : [])],
  }
}

/**
 * How much of the newest work can be missing, in milliseconds: from the last moment that is known to be in the copy to the
 * one that was asked for. Nothing is, when recovery came past that one.
 */
function lossOf(cluster: RestoredCluster, { recovery }: DatabasePlan): number {
  const { wanted, certainUntil, stop, archivedUntilNow } = recovery
  if (wanted === undefined || certainUntil === undefined || archivedUntilNow) return 0
  if (stop !== 'archive-end' && !cluster.endedBeforeTarget) return 0
  return wanted - Math.max(certainUntil, cluster.lastHeartbeat?.at ?? 0)
}

/** Says no more than is known: WAL that the dead server never archived can't have been looked into. */
function endOfWalText(cluster: RestoredCluster, archivedUntilNow: boolean): string {
  if (archivedUntilNow) return 'no commit came after that time, so this is everything that had been committed'
  const last = cluster.lastTransactionAt === undefined ? '' : `, with the transaction of ${cluster.lastTransactionAt}`
  return `the archived WAL ends before that time${last}; what was committed later, if anything was, had not been archived`
}
