import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import type { Command } from '../../domain/command.ts'
import { createLocalPlace } from '../../places/local.ts'
import type { Finished, RunOptions } from '../../places/place.ts'
import { queryOver, type Connection } from './query.ts'

const { signal } = new AbortController()

/** A place whose psql ends as it is told, and what it was run with. */
function connectionTo(finished: Partial<Finished>, address: Partial<Connection['address']> = {}) {
  const runs: { command: Command; options: RunOptions }[] = []
  const run = async (command: Command, options: RunOptions): Promise<Finished> => {
    runs.push({ command, options })
    return { exitCode: 0, signal: undefined, stdout: '', stderr: '', ...finished }
  }
  const connection: Connection = {
    place: { ...createLocalPlace(), run },
    address: { socketDirectory: '/run/postgresql', port: 5433, owner: 'postgres', ...address },
    ...{ user: 'admin', database: "o'brien", signal },
  }
  return { query: queryOver(connection), runs }
}

test('a query is asked as the owner of the cluster, in the database of the configuration, for a minute', async () => {
  const { query, runs } = connectionTo({ stdout: '1|a\n2|b\n' })
  expect(await query('TABLE rows')).toBe('1|a\n2|b')
  const [{ command, options } = { command: undefined, options: undefined }] = runs
  expect(command?.user).toBe('postgres')
  expect(command?.arguments).toEqual(
    expect.arrayContaining([
      ...['--host=/run/postgresql', '--port=5433', '--username=admin', String.raw`--dbname=dbname='o\'brien'`],
      ...['--command=TABLE rows', '--no-psqlrc', '--set=ON_ERROR_STOP=1'],
    ]),
  )
  expect(options).toMatchObject({ deadlineMs: 60_000, signal })
})

test('variables, database and deadline of one query win', async () => {
  const { query, runs } = connectionTo({})
  const variables = { default_transaction_isolation: 'read committed', lock_timeout: '2s' }
  await query('SELECT 1', { variables, database: 'campaign', deadlineMs: 5000 })
  expect(runs[0]?.command.environment['PGOPTIONS']).toBe(
    String.raw`-c default_transaction_isolation=read\ committed -c lock_timeout=2s`,
  )
  expect(runs[0]?.command.arguments).toContain("--dbname=dbname='campaign'")
  expect(runs[0]?.options.deadlineMs).toBe(5000)
})

describe('psql that fails', () => {
  test('to connect means that the server is down, with where its log is', async () => {
    const here = await failureOf(() => connectionTo({ exitCode: 2, stderr: 'no such socket' }).query('SELECT 1'))
    expect(here).toMatchObject({
      code: 'postgres-down',
      message: 'PostgreSQL on port 5433 does not answer',
      detail: 'no such socket',
    })
    expect(here.hint).toContain('pg_lsclusters')
    const inside = await failureOf(() => connectionTo({ exitCode: 2 }, { container: 'db' }).query('SELECT 1'))
    expect(inside.hint).toContain('docker logs db')
  })

  test.each([1, 3])('with exit code %i means that the server rejected the SQL', async (exitCode) => {
    const { query } = connectionTo({ exitCode, stderr: 'ERROR:  relation "rows" does not exist\nLINE 1: TABLE rows' })
    expect(await failureOf(() => query('TABLE rows'))).toMatchObject({
      code: 'unexpected',
      message: 'PostgreSQL rejected a query: ERROR:  relation "rows" does not exist',
    })
  })
})
