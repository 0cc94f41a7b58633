import { join } from 'node:path'
import * as z from 'zod/mini'
import { commandOf, type Command } from '../../domain/command.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { longestLine } from '../../places/lines.ts'
import type { Place } from '../../places/place.ts'
import type { QueryableServer } from './port.ts'
import { findServerPrograms } from './programs.ts'
import { connectionTo } from './query.ts'

/** A table as SQL and pg_dump take it: both names in double quotes where that is needed. */
export type TableName = string

const tablesSchema = z.array(z.string())

/** Asks one database. */
export type AskDatabase = (sql: string) => Promise<string>

/** @param deadlineMs time enough to count what is in it */
export const askDatabase =
  ({ query }: QueryableServer, database: string, deadlineMs: number): AskDatabase =>
  (sql) =>
    query(sql, { database, deadlineMs })

const ownTables = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

const nameOf = "format('%I.%I', n.nspname, c.relname)"

/** All tables that are somebody's own, with partitions: not the system's, not those of extensions. */
export async function listTables(ask: AskDatabase): Promise<readonly TableName[]> {
  return tablesSchema.parse(JSON.parse(await ask(`SELECT coalesce(json_agg(${nameOf} ORDER BY 1), '[]') ${ownTables}`)))
}

/**
 * The tables that somebody named, with all their partitions and children: pg_dump takes a partitioned table alone for what it
 * is, empty. Throws `object-unknown` for a name that isn't there, with those that are.
 */
export async function findTables(ask: AskDatabase, names: readonly string[]): Promise<readonly TableName[]> {
  const found = new Set<TableName>()
  for (const name of names) {
    const sql = `WITH RECURSIVE family(oid) AS (
        SELECT c.oid ${ownTables} AND c.oid = to_regclass(${literal(name)})
        UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.oid)
      SELECT coalesce(json_agg(${nameOf} ORDER BY 1), '[]')
      FROM family JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace`
    const family = tablesSchema.parse(JSON.parse(await ask(sql)))
    if (family.length === 0) await refuseUnknown(ask, name)
    for (const table of family) found.add(table)
  }
  return [...found]
}

async function refuseUnknown(ask: AskDatabase, name: string): Promise<never> {
  const tables = await listTables(ask)
  const shown = tables.slice(0, 20).join(', ')
  throw new HoldfastError('object-unknown', `there is no table ${name} in the restored database`, {
    hint: tables.length === 0 ? 'it holds no table at all' : `there are ${shown}${tables.length > 20 ? ', …' : ''}`,
  })
}

/** How many rows each table has, its partitions and children not counted in. */
export async function countRows(ask: AskDatabase, tables: readonly TableName[]): Promise<Map<TableName, number>> {
  const counts = new Map<TableName, number>()
  // A command line holds so many names, and not many more.
  const atOnce = 200
  for (let begin = 0; begin < tables.length; begin += atOnce) {
    const some = tables.slice(begin, begin + atOnce)
    const sql = `SELECT array_to_json(ARRAY[${some.map((table) => `(SELECT count(*) FROM ONLY ${table})`).join(', ')}])`
    const rows = z.array(z.number()).parse(JSON.parse(await ask(sql)))
    for (const [index, table] of some.entries()) counts.set(table, rows[index] ?? 0)
  }
  return counts
}

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** One database of a server. */
export interface DatabaseOf {
  readonly server: QueryableServer
  readonly database: string
}

/** A client program of the server's own version; older ones refuse newer servers. */
function client({ server, database }: DatabaseOf, program: string, { majorVersion, runAs }: ClientWork): Command {
  return commandOf(
    join(findServerPrograms(server.place, majorVersion), program),
    [...connectionWords(server), `--dbname=${connectionTo(database)}`, '--verbose'],
    { environment: { PGCONNECT_TIMEOUT: '10' }, user: runAs },
  )
}

/** What tells every client program where a server is. */
export const connectionWords = ({ address, user }: Pick<QueryableServer, 'address' | 'user'>): string[] => [
  `--host=${address.socketDirectory}`,
  `--port=${address.port}`,
  `--username=${user}`,
  '--no-password',
]

/** What a client program of a server reads or writes. */
export interface ClientWork {
  readonly majorVersion: string
  readonly file: string
  readonly runAs: string | undefined
}

/** @param tables all when empty */
export function dumpCommand(from: DatabaseOf, work: ClientWork, tables: readonly TableName[]): Command {
  const command = client(from, 'pg_dump', work)
  const words = ['--format=custom', `--file=${work.file}`, ...tables.map((table) => `--table=${table}`)]
  return { ...command, arguments: [...command.arguments, ...words] }
}

/** All or nothing: one transaction. */
export function loadCommand(into: DatabaseOf, work: ClientWork & { readonly replaces: boolean }): Command {
  const command = client(into, 'pg_restore', work)
  const words = ['--single-transaction', '--exit-on-error', ...(work.replaces ? ['--clean', '--if-exists'] : []), work.file]
  return { ...command, arguments: [...command.arguments, ...words] }
}

/** Counts the rows in a dump, table by table, the way they would be loaded. */
export async function countDumpedRows(
  place: Place,
  { majorVersion, file, runAs }: ClientWork,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<Map<TableName, number>> {
  const counts = new Map<TableName, number>()
  let table: TableName | undefined
  const command = commandOf(join(findServerPrograms(place, majorVersion), 'pg_restore'), ['--data-only', '--file=-', file], {
    user: runAs,
  })
  const finished = await place.run(command, {
    signal,
    deadlineMs,
    keepEmptyLines: true,
    onStdoutLine: (line) => {
      if (table === undefined) {
        table = /^COPY (.+?) (?:\(.*\) )?FROM stdin;$/.exec(line)?.[1]
        if (table !== undefined) counts.set(table, counts.get(table) ?? 0)
      } else if (line === String.raw`\.`) {
        table = undefined
      } else if (line.length < longestLine) {
        // A longer row comes in pieces, of which the last is shorter.
        counts.set(table, (counts.get(table) ?? 0) + 1)
      }
    },
  })
  if (finished.exitCode === 0) return counts
  throw new HoldfastError('unexpected', 'the dump that was written cannot be read', { detail: finished.stderr })
}
