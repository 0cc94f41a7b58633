import { execFileSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createCluster, startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { createTestSite, type Answer, type TestSite } from '../support/test-site.ts'

/** A PostgreSQL in trouble: a clear error with a hint, the other components backed up all the same, nothing lost. */

const place = createLocalPlace()
const { signal } = new AbortController()

/** Most of it is said by the server, and what each engine says to it is in the contract: one pair is enough. */
describe.each(inject('pairs').slice(0, 1))('with $name', (pair) => {
  let site: TestSite

  beforeAll(async () => {
    site = await createTestSite({ pair, database: true })
    await site.cluster.query('CREATE TABLE notes AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, 50000) n')
  })
  afterAll(() => site.remove())

  /** A run in which the database alone fails. */
  async function failingDatabase(): Promise<Answer['json']> {
    const answer = await site.holdfast('backup', '--json')
    expect(answer.exitCode).toBe(3)
    const [database, documents] = answer.json.run.steps
    expect(documents.outcome).toBe('done')
    expect(database.errors[0].hint).toBeDefined()
    return database
  }

  test('a server that was never set up to archive is not claimed to be backed up', async () => {
    await site.holdfast('setup', 'apply')
    const database = await failingDatabase()
    expect(database).toMatchObject({ outcome: 'failed', errors: [{ code: 'archive-failing' }] })
    expect(database.errors[0].hint).toContain('waits for a restart of PostgreSQL')
    await site.ask('setup', 'apply', '--yes')
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test('an archive_command that fails is found out, and WAL arrives when it works again', async () => {
    const good = await site.cluster.query('SHOW archive_command')
    await site.cluster.query("ALTER SYSTEM SET archive_command = 'echo pgbackrest is broken; false'")
    await site.cluster.query('SELECT pg_reload_conf()')
    const database = await failingDatabase()
    expect(database.errors[0].code).toBe('archive-failing')
    expect((await site.ask('setup', 'plan')).items).toMatchObject([
      { action: 'set', reason: expect.stringContaining('instead of: echo') as string },
    ])
    // It may be what feeds somebody's other backup, so it is replaced only with a yes.
    const asked = await site.holdfast('setup', 'apply')
    expect(asked.exitCode).toBe(3)
    expect(asked.text).toContain('WAL no longer goes to: echo pgbackrest is broken; false')
    expect(await site.cluster.query('SHOW archive_command')).toContain('echo')
    await site.ask('setup', 'apply', '--yes')
    expect(await site.cluster.query('SHOW archive_command')).toBe(good)
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test('a broken configuration of the engine is repaired by setup, and kept when it is not ours', async () => {
    const file = join(site.root, 'site/pgbackrest/database.conf')
    const good = readFileSync(file, 'utf8')
    writeFileSync(file, 'by hand\n')
    expect((await site.ask('setup', 'plan')).items).toMatchObject([
      { action: 'update', reason: expect.stringContaining(`kept as ${file}.before-holdfast`) as string },
      { action: 'create', reason: expect.stringContaining('unless it is there already') as string },
    ])
    await site.ask('setup', 'apply')
    expect(readFileSync(file, 'utf8')).toBe(good)
    expect(readFileSync(`${file}.before-holdfast`, 'utf8')).toBe('by hand\n')
    // Its group is the owner's own, whatever the data directory's is.
    expect(statSync(file)).toMatchObject({ uid: 0, gid: Number(execFileSync('id', ['-g', 'postgres'], { encoding: 'utf8' })) })
    writeFileSync(file, good.replace('[global]', '[global'))
    await site.ask('setup', 'apply')
    expect(readFileSync(file, 'utf8')).toBe(good)
  })

  test('a folder that holds something else is not taken over for a repository', async () => {
    const folder = join(site.storage, 'database')
    const { uid, gid } = statSync(folder)
    chownSync(folder, 0, 0)
    writeFileSync(join(folder, 'family photos'), 'mine')
    const answer = await site.holdfast('setup', 'apply', '--yes')
    expect(answer.exitCode).toBe(2)
    expect(answer.text).toContain('choose another `repository:`')
    expect(statSync(folder).uid).toBe(0)
    rmSync(join(folder, 'family photos'))
    await site.ask('setup', 'apply', '--yes')
    expect(statSync(folder)).toMatchObject({ uid, gid })
  })

  test('pages with wrong checksums are reported; the point is kept but not called good', async () => {
    const { cluster } = site
    const path = await cluster.query("SELECT pg_relation_filepath('notes')")
    await cluster.query('CHECKPOINT')
    const databaseNow = async () => (await site.holdfast('status', '--json')).json.status.components[0]
    const goodPoint = (await databaseNow()).newestPoint.id
    await cluster.stop()
    const file = openSync(join(cluster.dataDirectory, path), 'r+')
    writeSync(file, 'damage', 8192 * 3 + 4000)
    closeSync(file)
    await cluster.restart()
    const database = await failingDatabase()
    expect(database).toMatchObject({ outcome: 'partial', errors: [{ code: 'page-checksum' }] })
    expect(database.errors[0].message).toContain(path)
    const { points } = (await site.ask('points', 'database')).components[0]
    expect(points.at(-1)).toMatchObject({ id: database.point.id, hasErrors: true })
    expect(await databaseNow()).toMatchObject({ healthy: false, newestPoint: { id: goodPoint } })
    const { restore } = await site.ask('restore', 'database', '--point', database.point.id, '--to', join(site.root, 'damaged'))
    expect(restore.notes.join()).toContain('the base backup holds pages with wrong checksums')
    await cluster.query('DROP TABLE notes')
    // Nothing is built on a backup with errors.
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test('a server that is down is waited for, then named', async () => {
    await site.cluster.stop()
    const database = await failingDatabase()
    expect(database).toMatchObject({ outcome: 'failed', errors: [{ code: 'postgres-down' }] })
    expect(database.attempts).toBeGreaterThan(1)
    await site.cluster.restart()
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test('a standby is refused, and told from a server that is down', async () => {
    const target = join(site.root, 'standby')
    await site.ask('restore', 'database', '--to', target)
    const { uid, gid } = statSync(site.cluster.dataDirectory)
    writeFileSync(join(target, 'standby.signal'), '')
    chownSync(join(target, 'standby.signal'), uid, gid)
    const { majorVersion } = site.cluster
    const standby = await startCluster({
      place,
      signal,
      folder: join(site.root, 'standby-socket'),
      dataDirectory: target,
      majorVersion,
    })
    onTestFinished(() => standby.stop())
    site.configure({ components: { database: { postgres: { dataDirectory: target } } } })
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(3)
    expect(answer.text).toContain('PostgreSQL is in recovery')
    expect((await site.holdfast('setup', 'plan')).text).toContain('set up the primary')
    site.configure()
  })

  test('another cluster in the same place is refused: the repository belongs to the old one, which stays restorable', async () => {
    const { cluster } = site
    const old = `${cluster.dataDirectory}-old`
    await cluster.stop()
    renameSync(cluster.dataDirectory, old)
    rmSync(join(site.root, 'new'), { recursive: true, force: true })
    const fresh = await createCluster({ place, signal, folder: join(site.root, 'new') })
    onTestFinished(async () => {
      await fresh.stop()
      renameSync(old, cluster.dataDirectory)
    })
    const components = {
      database: { postgres: { dataDirectory: fresh.dataDirectory } },
      documents: { files: { paths: [site.documents] } },
    }
    site.configure({ components })
    // Whatever setup can do, it must not make the stranger's backups look like the old cluster's.
    await site.holdfast('setup', 'apply', '--yes')
    const database = await failingDatabase()
    expect(['postgres-mismatch', 'archive-failing']).toContain(database.errors[0].code)
    const applied = await site.holdfast('setup', 'apply', '--yes')
    expect(applied.text).toMatch(/^error: database: .* belongs to another PostgreSQL cluster.*; nothing was changed/m)
    // What it keeps from being planned is its own part alone.
    site.configure({ components: { ...components, letters: { files: { paths: [join(site.documents, 'letter.txt')] } } } })
    const plan = await site.holdfast('setup', 'plan', '--json')
    expect([plan.exitCode, plan.json.failures]).toMatchObject([
      3,
      [{ component: 'database', error: { code: 'postgres-mismatch' } }],
    ])
    expect(plan.json.items).toMatchObject([{ action: 'create', reason: 'there is none for letters' }])
    const shown = await site.holdfast('setup', 'plan')
    expect([shown.stderr, shown.stdout]).toEqual([
      expect.stringMatching(/^database\n {2}✗ .* belongs to another PostgreSQL cluster/),
      expect.stringContaining('once all components can be looked at'),
    ])
    const target = join(site.root, 'back')
    await site.ask('restore', 'database', '--to', target)
    expect(existsSync(join(target, 'PG_VERSION'))).toBe(true)
    site.configure()
  })

  test('a data directory that is gone, with the configuration of the engine, is restored all the same', async () => {
    const lost = await createTestSite({ pair, database: true, files: {} })
    onTestFinished(() => lost.remove())
    await lost.cluster.query("CREATE TABLE kept AS SELECT 'yes' AS word")
    await lost.ask('setup', 'apply', '--yes')
    await lost.ask('backup')
    await lost.cluster.query("INSERT INTO kept VALUES ('archived')")
    await lost.cluster.query('SELECT pg_switch_wal()')
    await lost.cluster.query('SELECT pg_sleep(2)')
    await lost.cluster.stop()
    rmSync(lost.cluster.dataDirectory, { recursive: true })
    for (const folder of ['site/pgbackrest', 'state', 'cache']) rmSync(join(lost.root, folder), { recursive: true })
    const answer = await lost.ask('restore', 'database', '--to', lost.cluster.dataDirectory.replace('/data', '/again'))
    const copy = await startCluster({
      place,
      signal,
      folder: join(lost.root, 'copy'),
      dataDirectory: answer.restore.target,
      majorVersion: lost.cluster.majorVersion,
    })
    onTestFinished(() => copy.stop())
    expect(await copy.query('SELECT string_agg(word, $$ $$) FROM kept')).toBe('yes archived')
  })
})

test('a tablespace of a restored copy lies beside it, not on the live one', async () => {
  const [pair] = inject('pairs') as [ReturnType<typeof inject<'pairs'>>[number]]
  const site = await createTestSite({ pair, database: true, files: {} })
  onTestFinished(() => site.remove())
  const { cluster } = site
  const { uid, gid } = statSync(cluster.dataDirectory)
  const folder = join(site.root, 'tablespace')
  execFileSync('mkdir', [folder])
  chownSync(folder, uid, gid)
  await cluster.query(`CREATE TABLESPACE fast LOCATION '${folder}'`)
  await cluster.query("CREATE TABLE quick TABLESPACE fast AS SELECT 'here' AS word")
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const target = join(site.root, 'back')
  await site.ask('restore', 'database', '--to', target)
  expect(existsSync(`${target}-tablespaces`)).toBe(true)
  expect(readFileSync(join(target, 'postgresql.conf'), 'utf8')).not.toBe('')
  expect(await cluster.query('SELECT word FROM quick')).toBe('here')
})
