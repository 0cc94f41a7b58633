import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HoldfastError, isSystemError } from '../../../domain/errors.ts'
import { systemErrorText } from '../../../domain/system-error-text.ts'
import type { PostgresComponent } from '../../../domain/site.ts'
import { debianNameOf } from '../../../sources/postgres/debian.ts'
import type { ClusterOwner } from '../../../sources/postgres/port.ts'
import { askDatabase as askIn, listTables, literal } from '../../../sources/postgres/tables.ts'
import { markOf } from '../../../state/restore-marks.ts'
import type { AppContext } from '../../site/context.ts'
import { layout, partFolder, temporaryFolder } from '../folders.ts'
import type { DatabaseTarget, TargetState } from '../plan.ts'
import type { DatabasePart, RestoreRequest, RestoreTarget } from '../request.ts'
import { askLiveCluster } from './live-cluster.ts'
import { refuseLive, refuseTarget } from './target-state.ts'

type TargetContext = Pick<AppContext, 'site' | 'machine' | 'place' | 'signal' | 'serverOf' | 'stateDirectory'>

export interface TargetRules {
  /** In names that are made for this restore. */
  readonly stamp: string
  /** Who has to own a folder that is there already; undefined where only a helper container can tell. */
  readonly owner: ClusterOwner | undefined
}

/** Looks at the target of a restore. Throws `target-exists` and `usage` for one that it can't go to. */
export async function askDatabaseTarget(
  context: TargetContext,
  component: PostgresComponent,
  { target, purpose }: RestoreRequest,
  { stamp, owner }: TargetRules,
): Promise<DatabaseTarget> {
  switch (target.kind) {
    case 'directory': {
      const { folder } = target
      return {
        kind: 'directory',
        folder,
        state: refuseTarget(context, component, folder, { isDrill: purpose === 'drill', owner }),
      }
    }
    case 'temporary':
      return askTemporary(context, component, target.folder ?? temporaryFolder(context, component.name, stamp), owner)
    case 'in-place': {
      const live = await askLiveCluster(context, component, stamp)
      return { kind: 'in-place', folder: live.data, state: 'live', live }
    }
    case 'bare-machine':
      return { kind: 'bare-machine', folder: component.source.dataDirectory, state: askBareFolder(component, target.begunIn) }
    case 'dump':
      refuseFile(context, component, target.file)
      return { kind: 'dump', file: target.file, of: target.of, ...partOf(context, component) }
    case 'live-database': {
      const isThere = await askLiveDatabase(context, component, target)
      const { database, replaces, of } = target
      return { kind: 'live-database', database, replaces, isThere, of, ...partOf(context, component) }
    }
  }
}

/** Throws `target-exists` when data lies there that this recovery has not written. */
function askBareFolder({ source: { dataDirectory } }: PostgresComponent, begunIn: string | undefined): TargetState {
  const stats = lstatSync(dataDirectory, { throwIfNoEntry: false })
  if (stats === undefined || (stats.isDirectory() && readdirSync(dataDirectory).length === 0)) return 'empty'
  if (begunIn === dataDirectory && stats.isDirectory()) return 'partial'
  const debian = debianNameOf(dataDirectory)
  throw new HoldfastError('target-exists', `${dataDirectory} holds something already, and is not written over`, {
    hint:
      debian === undefined
        ? `move it away, then run holdfast recover again`
        : `if it is the empty cluster of a new installation: pg_dropcluster --stop ${debian.major} ${debian.name}; then holdfast recover again`,
  })
}

/** What a socket's path may take, its own name included. */
const longestSocketPath = 107

function askTemporary(
  context: TargetContext,
  component: PostgresComponent,
  folder: string,
  owner: ClusterOwner | undefined,
): DatabaseTarget {
  if (Buffer.byteLength(join(layout(folder).socket, '.s.PGSQL.5432')) > longestSocketPath) {
    throw new HoldfastError('usage', `${folder} is too long a path for the socket of a server`, {
      hint: 'name a shorter one with --to',
    })
  }
  refuseTarget(context, component, folder, { owner })
  return { kind: 'temporary', folder: layout(folder).data, state: 'empty' }
}

/** Only a kill leaves a copy there, and the next restore of a part goes on with it. */
function partOf(context: TargetContext, { name }: PostgresComponent): { folder: string; state: TargetState } {
  const folder = join(partFolder(context, name), 'data')
  return { folder, state: markOf(context, folder) === undefined ? 'empty' : 'partial' }
}

/** Throws `target-exists` for a file that a dump can't be written to. */
export function refuseFile(context: TargetContext, component: PostgresComponent, file: string): void {
  refuseLive(context, component, file)
  if (existsSync(file)) {
    throw new HoldfastError('target-exists', `${file} exists already`, { hint: 'name another file with --to' })
  }
  try {
    accessSync(dirname(file), constants.W_OK)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('target-exists', `cannot write ${file}: ${systemErrorText(error)}`, {
      hint: 'name another file with --to, in a folder that is there',
      cause: error,
    })
  }
}

/** Whether the live server has the database; throws `target-exists` when something in it has the name of what would be loaded. */
async function askLiveDatabase(
  { serverOf }: TargetContext,
  component: PostgresComponent,
  { database, replaces, of }: Extract<RestoreTarget, { kind: 'live-database' }>,
): Promise<boolean> {
  const server = await serverOf(component)
  const count = await server.query(`SELECT count(*) FROM pg_database WHERE datname = ${literal(database)}`)
  if (count !== '1') return false
  if (!replaces) await refuseNamesakes(database, of, askIn(server, database, component.deadline))
  return true
}

async function refuseNamesakes(database: string, of: DatabasePart, ask: ReturnType<typeof askIn>): Promise<void> {
  const found: string[] = []
  if (of.tables.length === 0) found.push(...(await listTables(ask)))
  for (const table of of.tables) {
    if ((await ask(`SELECT to_regclass(${literal(table)}) IS NOT NULL`)) === 't') found.push(table)
  }
  if (found.length === 0) return
  const shown = found.slice(0, 5).join(', ')
  throw new HoldfastError('target-exists', `the live database ${database} has ${shown}${found.length > 5 ? ', …' : ''} already`, {
    hint: 'load into a new database, --into another_name; or give --replace, which drops them there first',
  })
}
