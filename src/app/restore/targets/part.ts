import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createFile } from '../../../disk/replace-file.ts'
import type { Command } from '../../../domain/command.ts'
import { HoldfastError, isHoldfastError } from '../../../domain/errors.ts'
import { bytes } from '../../../domain/size.ts'
import type { PrivateServer, RestoredCluster } from '../../../sources/postgres/port.ts'
import {
  askDatabase,
  countDumpedRows,
  countRows,
  dumpCommand,
  findTables,
  listTables,
  type TableName,
} from '../../../sources/postgres/tables.ts'
import { requireFreeSpace } from '../../component/free-space.ts'
import { forgetFolder, markOf } from '../../../state/restore-marks.ts'
import type { Workbench } from '../executors/workbench.ts'
import { holdsOf, type DatabasePlan, type TargetOf } from '../plan.ts'
import { copyCluster, type DatabaseTools } from '../proof.ts'
import type { RestoredTable } from '../request.ts'

export type PartTarget = TargetOf<'dump' | 'live-database'>

/** A part of a cluster on its way out: the file that it is dumped to, and who owns that: ourselves when left out. */
export interface DumpedTo {
  readonly file: string
  readonly owner?: DatabasePlan['owner']
}

/**
 * One database, or tables of it: the cluster is restored where nobody gets to it, and what is wanted is dumped from there into a
 * file. A file, and no pipe: the end of a broken pipe looks like the end of the data. Everything but that file is removed at the
 * end, which `use` comes before.
 */
export async function withDump<Result>(
  tools: DatabaseTools,
  plan: DatabasePlan<PartTarget>,
  into: DumpedTo,
  use: (cluster: RestoredCluster, tables: readonly RestoredTable[]) => Promise<Result>,
): Promise<Result> {
  const { context } = tools
  const { target } = plan
  try {
    mkdirSync(dirname(target.folder), { recursive: true, mode: 0o755 })
    const { cluster, found } = await tools.open(plan.executor, async (bench) => {
      await copyPart(tools, bench, plan)
      return tools.prove(bench, plan, (server) => dump(tools, server, target, into))
    })
    return await use(cluster, found)
  } finally {
    rmSync(dirname(target.folder), { recursive: true, force: true })
    forgetFolder(context, target.folder)
  }
}

/** The engine fetches the one database alone; one that is younger than the backup needs them all. */
async function copyPart(tools: DatabaseTools, bench: Workbench, plan: DatabasePlan): Promise<void> {
  try {
    await copyCluster(tools, bench, plan)
  } catch (error) {
    if (!isHoldfastError(error) || error.code !== 'object-unknown') throw error
    const state = markOf(tools.context, plan.target.folder) === undefined ? 'empty' : 'partial'
    await copyCluster(tools, bench, { ...plan, engine: { ...plan.engine, database: undefined, holds: holdsOf(state) } })
  }
}

async function dump(
  tools: DatabaseTools,
  server: PrivateServer,
  { of: part }: PartTarget,
  { file, owner }: DumpedTo,
): Promise<RestoredTable[]> {
  const { component, context, work } = tools
  const { majorVersion, databases } = server.cluster
  const database = databases.find(({ name }) => name === part.database)
  if (database === undefined) {
    throw new HoldfastError('object-unknown', `there was no database ${part.database} then`, {
      hint: `there were ${databases.map(({ name }) => name).join(', ')}`,
    })
  }
  const ask = askDatabase(server, part.database, component.deadline)
  const tables = part.tables.length === 0 ? await listTables(ask) : await findTables(ask, part.tables)
  // Compressed it is smaller than the database; of single tables nobody knows how much.
  if (part.tables.length === 0) {
    await requireFreeSpace(context.machine, dirname(file), 'the dump', bytes(Math.round(database.sizeBytes / 2)))
  }
  rmSync(file, { force: true })
  const isNew = createFile(file, '', { mode: 0o600, keep: 'cache', ...(owner?.user === undefined ? {} : { owner }) })
  if (!isNew) throw new HoldfastError('target-exists', `another process writes ${file}`)
  const dumping = { majorVersion, file, runAs: owner?.user }
  const named = part.tables.length === 0 ? [] : tables
  await runClient(tools, dumpCommand({ server, database: part.database }, dumping, named), `pg_dump of ${part.database}`)
  work.report({ note: 'counting rows' })
  const counted = await countRows(ask, tables)
  refuseDifference(counted, await countDumpedRows(server.place, dumping, context.signal, component.deadline))
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

/** pg_dump and pg_restore tell each table on standard error, and there what is wrong. */
export async function runClient({ context, component, work }: DatabaseTools, command: Command, what: string): Promise<void> {
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

/** In the folder of the copy, whose owner reads it again for the live server. */
export const partFile = ({ folder }: PartTarget): string => join(dirname(folder), 'part.dump')
