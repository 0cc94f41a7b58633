import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCluster, type Cluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { commitHeartbeat, readHeartbeat } from '../../src/sources/postgres/heartbeat.ts'
import { locateHere } from '../../src/sources/postgres/data-directory.ts'
import type { Query } from '../../src/sources/postgres/port.ts'
import { queryOver } from '../../src/sources/postgres/query.ts'

/** The heartbeat is written wherever it can do no harm, and a commit is made in any case. */

const place = createLocalPlace()
const { signal } = new AbortController()
let root: string
let cluster: Cluster
let query: Query

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  chmodSync(root, 0o755)
  cluster = await createCluster({ place, signal, folder: join(root, 'postgres') })
  const address = locateHere({ dataDirectory: cluster.dataDirectory, port: undefined, socketDirectory: undefined })
  query = queryOver({ place, address, user: 'postgres', database: 'postgres', signal })
  await cluster.query('CREATE ROLE mallory', 'postgres')
})
afterAll(async () => {
  await cluster.stop()
  rmSync(root, { recursive: true, force: true })
})

async function database(name: string, options = '', ...statements: string[]): Promise<string> {
  await cluster.query(`CREATE DATABASE ${name} ${options}`, 'postgres')
  for (const statement of statements) await cluster.query(statement, name)
  return name
}

/** Commits in a database, and gives back why no heartbeat was in it, and what is read of it afterwards. */
async function beatIn(name: string, { heartbeat = true } = {}) {
  const transactions = async () => Number(await cluster.query('SELECT txid_current()', name))
  const before = await transactions()
  const within: Query = (sql, options) => query(sql, { ...options, database: name })
  const refusal = await commitHeartbeat(within, heartbeat, 'pi-hosting/database run')
  expect(await transactions()).toBeGreaterThan(before + 1)
  return { refusal, read: await readHeartbeat(query, name) }
}

const written = { refusal: undefined, read: { writer: 'pi-hosting/database run' } }

describe('a heartbeat is written', () => {
  test.each([
    ['LATIN1', "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"],
    ['SQL_ASCII', "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"],
  ])('into a database in %s, the second time too', async (name, options) => {
    const into = await database(`in_${name.toLowerCase()}`, options)
    expect(await beatIn(into)).toMatchObject(written)
    expect(await beatIn(into)).toMatchObject(written)
    expect(await cluster.query('SELECT count(*) FROM holdfast.heartbeat', into)).toBe('1')
  })

  test('where reading is the default, names lead elsewhere, and nobody has any right', async () => {
    const into = await database(
      'strict',
      '',
      'ALTER DATABASE strict SET default_transaction_isolation = serializable',
      'ALTER DATABASE strict SET search_path = nowhere',
      'REVOKE ALL ON DATABASE strict FROM public',
      'ALTER DATABASE strict SET default_transaction_read_only = on',
    )
    expect(await beatIn(into)).toMatchObject(written)
  })
})

describe('only a commit is made', () => {
  test('where the owner of the database opted out', async () => {
    expect(await beatIn(await database('quiet'), { heartbeat: false })).toEqual({ refusal: undefined, read: undefined })
  })

  test('where schema holdfast is another user’s, who could have us run what they like', async () => {
    const into = await database('theirs', '', 'CREATE SCHEMA holdfast AUTHORIZATION mallory')
    await cluster.query('SET ROLE mallory; CREATE TABLE holdfast.heartbeat (id int, beat_at timestamptz, writer text)', into)
    const { refusal, read } = await beatIn(into)
    expect([refusal, read]).toEqual([expect.stringContaining('is somebody else’s'), undefined])
  })

  test('where a trigger was hung on our table', async () => {
    const into = await database('trapped')
    await beatIn(into)
    const trap = 'CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION $a$caught$a$; END $$'
    await cluster.query(trap, into)
    await cluster.query('CREATE TRIGGER trap BEFORE UPDATE ON holdfast.heartbeat EXECUTE FUNCTION trap()', into)
    expect((await beatIn(into)).refusal).toContain('is somebody else’s')
  })

  test('where everything is published to subscribers, who would lack the table', async () => {
    const into = await database('published', '', 'CREATE PUBLICATION everything FOR ALL TABLES')
    expect((await beatIn(into)).refusal).toContain('a publication FOR ALL TABLES')
  })

  test('where somebody holds a lock on the table for long', async () => {
    const into = await database('locked')
    await beatIn(into)
    const holding = cluster.query('BEGIN; LOCK TABLE holdfast.heartbeat; SELECT pg_sleep(8); COMMIT', into)
    await cluster.query('SELECT pg_sleep(1)', into)
    expect((await beatIn(into)).refusal).toContain('lock timeout')
    await holding
  })
})
