import { commandOf } from '../domain/command.ts'
import { join } from 'node:path'
import type { Assertion, DrillQuery } from '../domain/drill.ts'
import { toHoldfastError } from '../domain/errors.ts'
import { findServerPrograms } from '../sources/postgres/programs.ts'
import { connectionTo } from '../sources/postgres/query.ts'
import type { PrivateServer } from '../sources/postgres/port.ts'
import { connectionWords } from '../sources/postgres/tables.ts'

export interface DatabaseExamination {
  readonly server: PrivateServer
  readonly queries: readonly DrillQuery[]
  /** False where another system sorts texts than the one that the indexes were made on. */
  readonly checksIndexes: boolean
  readonly deadlineMs: number
  readonly signal: AbortSignal
  readonly report: (note: string) => void
}

/** A copy is asked, and never written to by what a person wrote. */
const readOnly = { default_transaction_read_only: 'on' }

/** Asks a restored server whether all of its data is there and can be read. What a question fails with is its answer. */
export async function examineDatabase(examination: DatabaseExamination): Promise<Assertion[]> {
  const { server, queries, report } = examination
  const assertions: Assertion[] = []
  for (const { name } of server.cluster.databases) {
    report(`connecting to ${name}`)
    assertions.push(await asked(examination, `database ${name} answers`, { query: 'SELECT 1', database: name, is: '1' }))
  }
  report('reading all of it')
  assertions.push(await readWhole(examination))
  for (const one of queries) {
    report(one.query)
    assertions.push(await asked(examination, `${one.query} is ${one.is}`, one))
  }
  return assertions
}

async function asked(
  { server, deadlineMs, signal }: DatabaseExamination,
  what: string,
  { query: sql, database, is }: DrillQuery,
): Promise<Assertion> {
  try {
    const answer = await server.query(sql, { variables: readOnly, database, deadlineMs })
    return answer === is ? { what, holds: true } : { what, holds: false, said: `the answer is ${shortened(answer)}` }
  } catch (thrown) {
    const { message, detail } = orInterrupted(thrown, signal)
    return { what, holds: false, said: detail === undefined || detail === '' ? message : shortened(detail) }
  }
}

/**
 * Every page of every table and B-tree, looked through by pg_amcheck; by pg_dumpall, which reads all rows, where PostgreSQL is
 * older than 14 and has none.
 */
async function readWhole(examination: DatabaseExamination): Promise<Assertion> {
  const { server, checksIndexes, deadlineMs, signal } = examination
  const { place } = server
  const { owner } = server.address
  const programs = findServerPrograms(place, server.cluster.majorVersion)
  const connection = connectionWords(server)
  const amcheck = place.find(join(programs, 'pg_amcheck'))
  const scope = checksIndexes ? 'tables and indexes' : 'tables'
  const what = amcheck === undefined ? 'all rows can be read' : `all ${scope} are sound`
  const checkWords = [
    ...['--all', '--install-missing', '--jobs=2', `--maintenance-db=${connectionTo('postgres')}`],
    ...(checksIndexes ? [] : ['--no-dependent-indexes']),
  ]
  try {
    const finished = await place.run(
      commandOf(
        amcheck ?? join(programs, 'pg_dumpall'),
        amcheck === undefined ? [...connection, '--file=/dev/null'] : [...checkWords, ...connection],
        { user: owner },
      ),
      { signal, deadlineMs, captureBytes: 2 ** 24 },
    )
    if (finished.exitCode === 0) return { what, holds: true }
    return { what, holds: false, said: shortened(`${finished.stdout}\n${finished.stderr}`) }
  } catch (thrown) {
    return { what, holds: false, said: orInterrupted(thrown, signal).message }
  }
}

/** What was stopped from outside is no answer. */
function orInterrupted(thrown: unknown, signal: AbortSignal) {
  const error = toHoldfastError(thrown)
  if (signal.aborted || error.code === 'interrupted') throw error
  return error
}

const longest = 300

function shortened(text: string): string {
  const line = text
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .join('; ')
  if (line === '') return 'empty'
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
