import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createFile, move } from '../../disk/replace-file.ts'
import type { Command } from '../../domain/command.ts'
import { HoldfastError, isHoldfastError, isSystemError } from '../../domain/errors.ts'
import { systemErrorText } from '../../domain/system-error-text.ts'
import { bytes } from '../../domain/size.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { PostgresServer, PrivateServer } from '../../sources/postgres/port.ts'
import { withRestoredServer } from '../../sources/postgres/restored/cluster.ts'
import {
  askDatabase,
  countDumpedRows,
  countRows,
  dumpCommand,
  findTables,
  identifier,
  listTables,
  literal,
  loadCommand,
  type TableName,
} from '../../sources/postgres/tables.ts'
import type { AppContext } from '../site/context.ts'
import { requireFreeSpace } from '../component/free-space.ts'
import { copyCluster, explainName, restoredBy, withLock, type DatabaseRestore } from './database-job.ts'
import { forgetFolder, markOf } from '../../state/restore-marks.ts'
import { ownerOfRestored } from '../component/restored-owner.ts'
import { refuseLive } from './facts/target-state.ts'
import type { DatabasePart, Restored, RestoredTable, RestoreTarget } from './request.ts'

type PartTarget = Extract<RestoreTarget, { kind: 'dump' | 'live-database' }>

/**
 * One database, or tables of it: the cluster is restored where nobody gets to it, and what is wanted is dumped from there into
 * a file, or loaded from that file into the live server in one transaction. A file, and no pipe: the end of a broken pipe
 * looks like the end of the data.
 */
export async function restorePart(
  context: AppContext,
  component: PostgresComponent,
  target: PartTarget,
  prepare: () => Promise<DatabaseRestore>,
): Promise<Restored> {
  const live = target.kind === 'live-database' ? await openLive(context, component, target) : undefined
  if (target.kind === 'dump') refuseFile(context, component, target.file)
  const scratch = scratchOf(context, component)
  return withLock(context, `${scratch}.lock`, async () => {
    const job = await prepare()
    // Only a kill leaves the copy there, and the next restore of a part goes on with it.
    return restorePartIn(job, scratch, target, live).finally(() => {
      if (target.kind === 'dump') rmSync(unfinished(target.file), { force: true })
      rmSync(scratch, { recursive: true, force: true })
      forgetFolder(context, join(scratch, 'data'))
    })
  })
}

/** Where the cluster is restored that a part is taken out of, in the folder `data`. */
export const scratchOf = (context: AppContext, component: PostgresComponent): string =>
  join(context.stateDirectory, 'temporary', `part-${component.name}`)

const unfinished = (file: string): string => `${file}.unfinished`

async function restorePartIn(
  job: DatabaseRestore,
  scratch: string,
  target: PartTarget,
  live: LiveDatabase | undefined,
): Promise<Restored> {
  const data = join(scratch, 'data')
  const part = target.of
  const start = await copyPart(job, data, part.database)
  const wanted = { job, part, live, file: target.kind === 'dump' ? unfinished(target.file) : join(scratch, 'part.dump') }
  const { cluster, tables } = await withRestoredServer(start, async (server) => ({
    cluster: server.cluster,
    tables: await dumpPart(server, wanted, target),
  })).catch(explainName(job))
  const notes = live === undefined ? [] : await loadPart(job, live, wanted.file, cluster.majorVersion, tables)
  if (target.kind === 'dump') move(wanted.file, target.file)
  const by = restoredBy(job, cluster)
  const at = target.kind === 'dump' ? target.file : target.database
  const sizeBytes = target.kind === 'dump' ? { sizeBytes: statSync(target.file).size } : {}
  return { ...by, ...sizeBytes, target: at, places: target.kind === 'dump' ? [at] : [], tables, notes: [...by.notes, ...notes] }
}

/** The other databases come back as holes, which saves their download; one that is younger than the backup needs them all. */
async function copyPart(job: DatabaseRestore, data: string, database: string) {
  mkdirSync(dirname(data), { recursive: true, mode: 0o755 })
  const holds = () => (markOf(job.context, data) === undefined ? 'nothing' : 'unfinished')
  try {
    return await copyCluster(job, data, { holds: holds(), database })
  } catch (error) {
    if (!isHoldfastError(error) || error.code !== 'object-unknown') throw error
    return copyCluster(job, data, { holds: holds() })
  }
}

interface Wanted {
  readonly job: DatabaseRestore
  readonly part: DatabasePart
  readonly live: LiveDatabase | undefined
  readonly file: string
}

async function dumpPart(server: PrivateServer, wanted: Wanted, target: PartTarget): Promise<RestoredTable[]> {
  const { job, part, file } = wanted
  const { context, component, work } = job
  const { majorVersion, databases } = server.cluster
  if (!databases.some(({ name }) => name === part.database)) {
    throw new HoldfastError('object-unknown', `there was no database ${part.database} then`, {
      hint: `there were ${databases.map(({ name }) => name).join(', ')}`,
    })
  }
  const ask = askDatabase(server, part.database, component.deadline)
  const tables = part.tables.length === 0 ? await listTables(ask) : await findTables(ask, part.tables)
  const size = databases.find(({ name }) => name === part.database)?.sizeBytes ?? 0
  // Compressed it is smaller than the database; of single tables nobody knows how much.
  if (part.tables.length === 0) await requireFreeSpace(context.machine, dirname(file), 'the dump', bytes(Math.round(size / 2)))
  const owner = ownerOfRestored(context, component)
  // Into somebody's folder as ourselves; for the live server as its own user, who reads it again.
  const runAs = target.kind === 'dump' ? undefined : owner.user
  rmSync(file, { force: true })
  const isNew = createFile(file, '', { mode: 0o600, keep: 'cache', ...(runAs === undefined ? {} : { owner }) })
  if (!isNew) throw new HoldfastError('target-exists', `somebody else writes ${file}`)
  const named = part.tables.length === 0 ? [] : tables
  const dump = { majorVersion, file, runAs }
  await runClient(job, dumpCommand({ server, database: part.database }, dump, named), `pg_dump of ${part.database}`)
  work.report({ note: 'counting rows' })
  const counted = await countRows(ask, tables)
  const dumped = await countDumpedRows(context.place, dump, context.signal, component.deadline)
  refuseDifference(counted, dumped)
  return [...counted].map(([name, rows]) => ({ name, rows }))
}

/** A partitioned table holds no rows of its own, and a dump has no data of it. */
function refuseDifference(counted: ReadonlyMap<TableName, number>, dumped: ReadonlyMap<TableName, number>): void {
  for (const [table, rows] of counted) {
    const there = dumped.get(table) ?? 0
    if (there === rows) continue
    throw new HoldfastError('unexpected', `the dump has ${there} rows of ${table}, and the restored cluster ${rows}`, {
      hint: 'a table with row security or of an extension may be left out by pg_dump: look into the cluster with --temporary',
    })
  }
}

/** Throws `target-exists` for a file that a dump can't be written to. */
export function refuseFile(context: AppContext, component: PostgresComponent, file: string): void {
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

interface LiveDatabase {
  readonly server: PostgresServer
  readonly database: string
  readonly replaces: boolean
  readonly isThere: boolean
}

/** Throws `target-exists` when something in the live database has the name of what would be loaded. */
async function openLive(
  context: AppContext,
  component: PostgresComponent,
  { database, replaces, of }: Extract<PartTarget, { kind: 'live-database' }>,
): Promise<LiveDatabase> {
  const server = await context.serverOf(component)
  const there = await server.query(`SELECT count(*) FROM pg_database WHERE datname = ${literal(database)}`)
  const live = { server, database, replaces, isThere: there === '1' }
  if (!live.isThere || replaces) return live
  const ask = askDatabase(server, database, component.deadline)
  const found: string[] = []
  if (of.tables.length === 0) found.push(...(await listTables(ask)))
  for (const table of of.tables) {
    if ((await ask(`SELECT to_regclass(${literal(table)}) IS NOT NULL`)) === 't') found.push(table)
  }
  if (found.length === 0) return live
  const shown = found.slice(0, 5).join(', ')
  throw new HoldfastError('target-exists', `the live database ${database} has ${shown}${found.length > 5 ? ', …' : ''} already`, {
    hint: 'load into a new database, --into another_name; or give --replace, which drops them there first',
  })
}

async function loadPart(
  job: DatabaseRestore,
  live: LiveDatabase,
  file: string,
  majorVersion: string,
  tables: readonly RestoredTable[],
): Promise<string[]> {
  const { component, work } = job
  const ask = (sql: string) => live.server.query(sql, { deadlineMs: component.deadline })
  const name = identifier(live.database)
  if (!live.isThere) await ask(`CREATE DATABASE ${name} TEMPLATE template0`)
  try {
    const load = { majorVersion, file, replaces: live.replaces, runAs: live.server.address.owner }
    await runClient(job, loadCommand(live, load), `pg_restore into ${live.database}`)
  } catch (error) {
    if (!live.isThere) await ask(`DROP DATABASE ${name}`).catch(() => undefined)
    throw error
  }
  work.report({ note: 'counting rows in the live database' })
  const counts = await countRows(
    askDatabase(live.server, live.database, component.deadline),
    tables.map((table) => table.name),
  )
  return tables
    .filter((table) => counts.get(table.name) !== table.rows)
    .map(
      (table) => `${table.name} has ${counts.get(table.name)} rows now; ${table.rows} were loaded: somebody writes to it already`,
    )
}

/** pg_dump and pg_restore tell each table on standard error, and there what is wrong. */
async function runClient({ context, component, work }: DatabaseRestore, command: Command, what: string): Promise<void> {
  const finished = await context.place.run(command, {
    signal: context.signal,
    deadlineMs: component.deadline,
    onStderrLine: (line) => work.report({ note: line.replace(/^pg_\w+: /, '') }),
  })
  if (finished.exitCode === 0) return
  const cause = finished.stderr.split('\n').find((line) => /error:/.test(line)) ?? `exit code ${finished.exitCode}`
  throw new HoldfastError('engine-failed', `${what} failed: ${cause.replace(/^.*?error: /, '')}`, {
    hint: 'nothing was changed in the live server; what the table needs (a schema, a type, a role) must be there first',
    detail: finished.stderr,
  })
}
