import { HoldfastError } from '../../domain/errors.ts'
import { isInContainer, type PostgresComponent } from '../../domain/site.ts'
import type { DatabaseRestoreRequest } from '../../engines/database-port.ts'
import type { EngineContext } from '../../engines/port.ts'
import { shellWord } from '../../places/command-text.ts'
import { proveRestoredCluster, withRestoredServer, type StartOptions } from '../../sources/postgres/restored/cluster.ts'
import type { RestoredCluster } from '../../sources/postgres/port.ts'
import { copyCluster, explainName, restoredBy, withLock, type DatabaseRestore } from './database-job.ts'
import { chooseRecovery } from './choose-recovery.ts'
import { lockFileOf, type AppContext } from '../site/context.ts'
import { writeMissingConfiguration } from '../component/engine-configuration.ts'
import { settleInPlace } from './in-place-record.ts'
import { readInPlace } from '../../state/in-place-record.ts'
import { forgetFolder } from '../../state/restore-marks.ts'
import { holdsOf } from './plan.ts'
import { refuseTarget } from './facts/target-state.ts'
import type { Drilling, RequireYes, Restored, RestoreWish } from './request.ts'
import { restoreInPlace } from './restore-in-place.ts'
import { withRestorer } from './restore-container.ts'
import { restoreTemporary } from './restore-temporary.ts'
import { restorePart } from './restore-part.ts'

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
  const ended = wish.purpose === 'restore' ? await endHalfDone(context, component, work, false) : undefined
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
    return withLock(context, lockFileOf(context), () => restoreInPlace(context, component, prepareIn, requireYes))
  }
  if (isInContainer(component) && context.restoring === undefined) {
    return withRestorer(context, component, target, (inside) => restoreTo(inside, component, wish, work, requireYes))
  }
  const prepare = () => prepareIn(context)
  switch (target.kind) {
    case 'directory': {
      // Before anything is asked of the repository, which may be far away.
      const holds = holdsOf(refuseTarget(context, component, target.folder, { isDrill: wish.drill !== undefined }))
      return restoreIntoFolder(await prepare(), target.folder, holds)
    }
    case 'temporary': {
      return restoreTemporary(context, component, target, prepare)
    }
    case 'dump':
    case 'live-database': {
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

async function restoreIntoFolder(
  job: DatabaseRestore,
  folder: string,
  holds: DatabaseRestoreRequest['holds'],
): Promise<Restored> {
  const start = await copyCluster(job, folder, { holds })
  const { drill } = job
  const proof = drill === undefined ? proveRestoredCluster(start) : proveByDrill(job, drill, start)
  const cluster = await proof.catch(explainName(job))
  forgetFolder(job.context, folder)
  const lookInside = job.context.restoring?.lookInside ?? ((copy: string) => lookByOwner(copy, cluster))
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
