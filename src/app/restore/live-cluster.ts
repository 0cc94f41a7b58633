import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { debianCluster } from '../../sources/postgres/debian.ts'
import type { PostgresServer, ServerControl } from '../../sources/postgres/port.ts'
import { configurationFileOf, controlOf, runsIn } from '../../sources/postgres/server-control.ts'
import type { AppContext } from '../site/context.ts'
import type { ContainerRestorer } from '../../state/in-place-record.ts'
import type { DatabaseRestore } from './database-job.ts'
import { markOf } from '../../state/restore-marks.ts'

/** The cluster that a restore in place replaces: where it is, and how its server is spoken to. */
export interface LiveCluster {
  /** Real path of the data directory on this machine. */
  readonly data: string
  /** The same as whoever restores and proves it knows it. */
  readonly dataDirectory: string
  /** Undefined for a server of this machine. */
  readonly container: ContainerRestorer | undefined
  readonly wasRunning: boolean
  /** Undefined where there was no server yet. */
  readonly control: ServerControl | undefined
  /** Where it lies outside of the data directory. */
  readonly configurationFile: string | undefined
  /** Where its tablespaces lie. Throws `usage` when they can't be restored in place. */
  tablespaces(): string[]
  /** Chooses where to begin and to stop, where the programs are that restore the cluster. */
  prepare(choose: (context: AppContext) => Promise<DatabaseRestore>): Promise<DatabaseRestore>
  /** Does what has to be done where the programs are that restore the cluster, once its folder is there. */
  restoreBy<Result>(job: DatabaseRestore, work: (job: DatabaseRestore) => Promise<Result>): Promise<Result>
  /** How a server that has been there before, or is to be there for all, is started; undefined when it shall not be. */
  startsBy(isNew: boolean): ServerControl | undefined
  /** Throws `postgres-down` while the server isn't there, and whatever shows that it is another one. */
  locate(): Promise<PostgresServer>
}

/** Of a server on this machine. */
export async function clusterHere(context: AppContext, component: PostgresComponent): Promise<LiveCluster> {
  const { dataDirectory } = component.source
  const { place } = context
  const locate = () => context.serverOf(component)
  const data = existsSync(dataDirectory) ? realpathSync(dataDirectory) : dataDirectory
  const isThere = existsSync(join(data, 'PG_VERSION')) && markOf(context, data) === undefined
  const wasRunning = isThere && runsIn(data)
  const control = isThere ? controlOf(place, dataDirectory) : undefined
  return {
    ...{ data, dataDirectory, container: undefined, wasRunning, control },
    configurationFile: isThere ? await configurationFileOf(dataDirectory, locate) : undefined,
    tablespaces: () => tablespaceLocations(data),
    prepare: (choose) => choose(context),
    restoreBy: (job, work) => work(job),
    startsBy: (isNew) => {
      if (!wasRunning && !(isNew && debianCluster(dataDirectory) !== undefined)) return undefined
      return control ?? controlOf(place, dataDirectory)
    },
    locate,
  }
}

/** A mount point can't be renamed, and what would be restored beside it may lie on another, smaller disk. */
export function refuseMountPoint(data: string): void {
  if (statSync(data).dev === statSync(dirname(data)).dev) return
  throw new HoldfastError('target-exists', `${data} is a mount point, so the old data cannot be set aside by renaming it`, {
    hint: 'restore with --to into a folder below another name on that disk, and let the server use that one',
  })
}

function tablespaceLocations(data: string): string[] {
  return tablespaceLinks(data)
    .filter((link) => existsSync(link))
    .map((link) => realpathSync(link))
}

export function tablespaceLinks(data: string): string[] {
  const links = join(data, 'pg_tblspc')
  return (existsSync(links) ? readdirSync(links) : [])
    .map((name) => join(links, name))
    .filter((link) => lstatSync(link).isSymbolicLink())
}
