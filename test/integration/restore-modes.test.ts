import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { isAlive, processOf, until } from '../support/processes.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** Where a database can be restored to beside a folder: for a while, in part, and in place. */

/** What no engine has a say in is tested with one of them. */
const newest = inject('pairs').at(-1)?.name

describe.each(inject('pairs'))('a database with $name', (pair) => {
  let site: TestSite
  const newestAlone = pair.name === newest ? [pair] : []
  const rows = (database = 'campaign') =>
    site.cluster.query("SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM rows", database)
  const far = (database = 'campaign') => site.cluster.query('SELECT count(*) FROM far', database)
  const psql = (connection: string, sql: string) =>
    execFileSync('psql', ['--no-psqlrc', '-Atc', sql, connection], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  /** Now, as a person of the site's zone writes it; and a second goes by before and after. */
  const thisSecond = async () => {
    const now = "to_char(clock_timestamp() AT TIME ZONE 'Australia/Perth', 'YYYY-MM-DD HH24:MI:SS')"
    const second = await site.cluster.query(`SELECT pg_sleep(1.1); SELECT ${now}`)
    await site.cluster.query('SELECT pg_sleep(1.1)')
    return second.trim()
  }
  const asides = () => readdirSync(join(site.root, 'postgres')).filter((name) => name.includes('before-restore'))

  beforeAll(async () => {
    site = await createTestSite({ pair, database: true, files: {} })
    const tablespace = join(site.root, 'tablespace')
    mkdirSync(tablespace, { mode: 0o700 })
    const { uid, gid } = statSync(site.cluster.dataDirectory)
    chownSync(tablespace, uid, gid)
    await site.cluster.query(`CREATE TABLESPACE far LOCATION '${tablespace}'`)
    await site.cluster.query('CREATE TABLE far TABLESPACE far AS SELECT n FROM generate_series(1, 1000) n')
    await site.cluster.query('CREATE TABLE rows (id int PRIMARY KEY)')
    await site.cluster.query(`CREATE SCHEMA "odd one"; CREATE TABLE "odd one"."Texts" (text text)`)
    await site.cluster.query(`INSERT INTO "odd one"."Texts" VALUES (''), (E'two\\nlines'), (E'a\\rb'), (repeat('x', 3000000))`)
    await site.cluster.query('CREATE TABLE parts (id int) PARTITION BY RANGE (id)')
    await site.cluster.query('CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)')
    await site.cluster.query('INSERT INTO parts VALUES (1), (2), (3)')
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    await site.cluster.query('INSERT INTO rows VALUES (1)')
  })
  afterAll(() => site.remove())

  test('a named restore point is restored to exactly, whatever characters its name has', async () => {
    const name = `it's the "one" \\ before`
    await site.cluster.query(`SELECT pg_create_restore_point('${name.replaceAll("'", "''")}')`)
    await site.cluster.query('INSERT INTO rows VALUES (2)')
    const { restore } = await site.ask('restore', 'database', '--name', name, '--temporary', '--detach')
    expect(psql(restore.connection, "SELECT string_agg(id::text, ',') FROM rows")).toBe('1')
    expect(restore.restoredTo).toBe(restore.cluster.namedAt)
    await site.ask('restore', 'database', '--stop')
    expect(existsSync(restore.target)).toBe(false)
  })

  test('a name that recovery never meets is an error, not the latest state; the folder can be used again', async () => {
    const target = join(site.root, 'named')
    const answer = await site.holdfast('restore', 'database', '--name', 'nobody made it', '--to', target)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toMatch(/no restore point named "nobody made it" was made after base backup \d{8}-\d{6}F/)
    expect(answer.stdout).toBe('')
    const { restore } = await site.ask('restore', 'database', '--to', target)
    expect(restore.places).toEqual([target])
    expect((await site.holdfast('restore', 'database', '--to', target)).stderr).toContain('is not an empty folder')
  })

  test('one database goes into a file that only its owner reads, with every row', async () => {
    const file = join(site.root, 'campaign.dump')
    const { restore } = await site.ask('restore', 'database', '--database', 'campaign', '--to', file)
    const tables = Object.fromEntries(restore.tables.map((table: { name: string; rows: number }) => [table.name, table.rows]))
    expect(tables).toEqual({
      'public.far': 1000,
      'public.rows': 2,
      '"odd one"."Texts"': 4,
      'public.parts': 0,
      'public.parts_1': 3,
    })
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
    expect(execFileSync('pg_restore', ['--list', file], { encoding: 'utf8' })).toContain('TABLE DATA public parts_1')
    const again = await site.holdfast('restore', 'database', '--database', 'campaign', '--to', file)
    expect(again.stderr).toContain('exists already')
    const stranger = await site.holdfast('restore', 'database', '--database', 'nobody', '--to', `${file}.2`)
    expect(stranger.exitCode).toBe(2)
    expect(stranger.stderr).toMatch(/there was no database nobody then[\s\S]*campaign, postgres/)
    expect(readdirSync(site.root).filter((name) => name.includes('.dump'))).toEqual(['campaign.dump'])
    expect(readdirSync(join(site.root, 'state', site.name, 'temporary'))).toEqual(['part-database.lock'])
  })

  test.each(newestAlone)('a temporary cluster answers its owner alone, never archives, and is gone after its end', async () => {
    const folder = join(site.root, 'while')
    const running = site.start('restore', 'database', '--temporary', '--to', folder, '--json')
    await until(() => existsSync(join(folder, 'socket/.s.PGSQL.5432')))
    const connection = `host=${folder}/socket port=5432 user=postgres dbname=campaign`
    const ask = (sql: string) => {
      try {
        return psql(connection, sql)
      } catch {
        return undefined
      }
    }
    await until(() => ask('SELECT 1') === '1')
    expect(ask('SHOW archive_mode')).toBe('off')
    expect(ask('SHOW listen_addresses')).toBe('')
    expect(ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM rows")).toBe(await rows())
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700')
    running.kill('SIGTERM')
    const answer = await running.ended
    expect(answer.exitCode).toBe(0)
    expect(answer.json.restore.connection).toBe(connection)
    expect(existsSync(folder)).toBe(false)
  })

  test.each(newestAlone)(
    'tables go into the live server in one transaction, and over those that are there only when told',
    async () => {
      const into = (...words: string[]) => site.holdfast('restore', 'database', '--database', 'campaign', ...words, '--json')
      const fresh = await into('--table', 'parts', '--table', 'rows', '--into', 'look here')
      expect(fresh.exitCode).toBe(0)
      expect(await site.cluster.query('SELECT count(*) FROM parts', 'look here')).toBe('3')
      await site.cluster.query('DELETE FROM rows')
      const refused = await into('--table', 'rows', '--into', 'campaign')
      expect(refused.exitCode).toBe(2)
      expect(refused.stderr).toContain('the live database campaign has rows already')
      const at = await thisSecond()
      await site.cluster.query('INSERT INTO rows VALUES (1), (2), (7)')
      const unknown = await into('--table', 'nothing', '--into', 'new one')
      expect(unknown.stderr).toMatch(/there is no table nothing[\s\S]*public.parts/)
      expect(await site.cluster.query("SELECT count(*) FROM pg_database WHERE datname = 'new one'")).toBe('0')
      const replaced = await into('--at', at, '--table', 'public.rows', '--into', 'campaign', '--replace')
      expect(replaced.exitCode).toBe(0)
      expect(await rows()).toBe('')
      // What can't be loaded changes nothing.
      await site.cluster.query('CREATE VIEW seen AS SELECT * FROM rows; INSERT INTO rows VALUES (9)')
      const failed = await into('--table', 'rows', '--into', 'campaign', '--replace')
      expect(failed.exitCode).toBe(1)
      expect(failed.stderr).toContain('nothing was changed in the live server')
      expect(await rows()).toBe('9')
      await site.cluster.query('DROP VIEW seen')
    },
  )

  test('in place: confirmed, restored, archiving, the old data kept; and the next backup and restore are good', async () => {
    const { cluster } = site
    await cluster.query('TRUNCATE rows; INSERT INTO rows VALUES (9)')
    const at = await thisSecond()
    await cluster.query('DROP TABLE rows, far')
    const once = await site.holdfast('restore', 'database', '--in-place', '--at', at)
    expect(once.exitCode).toBe(2)
    expect(once.stderr).toContain('not confirmed; nothing was restored')
    expect(await cluster.query("SELECT to_regclass('rows') IS NULL")).toBe('t')
    const { restore } = await site.ask('restore', 'database', '--in-place', '--at', at, '--yes')
    expect(await rows()).toBe('9')
    expect(await far()).toBe('1000')
    expect(await cluster.query('SHOW archive_mode')).toBe('on')
    expect(await cluster.query('SELECT timeline_id FROM pg_control_checkpoint()')).toBe('2')
    expect(restore.setAside).toHaveLength(2)
    for (const aside of restore.setAside) expect(existsSync(aside)).toBe(true)
    expect(restore.notes.join('\n')).toContain('take a new base backup now')
    expect(restore.notes.join('\n')).not.toContain('does not archive')
    await cluster.query('INSERT INTO rows VALUES (10)')
    expect((await site.ask('backup')).run.outcome).toBe('done')
    await site.ask('restore', 'database', '--database', 'campaign', '--table', 'rows', '--into', 'after')
    expect(await rows('after')).toBe('9,10')
  })

  test('in place: what fails puts the old data back, and the server runs as before', async () => {
    const before = asides()
    await site.cluster.query('INSERT INTO rows VALUES (11)')
    const answer = await site.holdfast('restore', 'database', '--in-place', '--name', 'nobody made it', '--yes')
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('the old data is back in its place, and the server runs')
    expect(await rows()).toBe('9,10,11')
    expect(await far()).toBe('1000')
    expect(asides()).toEqual(before)
    expect(readdirSync(join(site.root, 'postgres')).filter((name) => name.includes('failed'))).toEqual([])
    // It never reached the repository.
    const archive = join(site.storage, 'database/archive/database')
    expect(execFileSync('find', [archive, '-name', '0000000[3-9].history'], { encoding: 'utf8' })).toBe('')
  })

  test('in place: a kill -9 in the middle is undone by the next', async () => {
    const before = asides()
    const running = site.start('restore', 'database', '--in-place', '--yes')
    const engine = await processOf(running, pair.pgbackrest, `--pg1-path=${site.cluster.dataDirectory}`, 'restore')
    running.kill('SIGKILL')
    process.kill(engine, 'SIGKILL')
    await running.ended
    const { undone } = await site.ask('restore', 'database', '--undo')
    expect(undone.said).toContain('is back in its place')
    expect(await rows()).toBe('9,10,11')
    expect(asides()).toEqual(before)
    expect((await site.holdfast('restore', 'database', '--undo')).exitCode).toBe(2)
    const { restore } = await site.ask('restore', 'database', '--in-place', '--yes')
    expect(await rows()).toBe('9,10,11')
    expect(restore.notes.join('\n')).toContain('rm -r')
  })

  test.each(newestAlone)(
    'in place: what a server has run on for all since a kill is not taken away unasked, and never removed',
    async () => {
      const { dataDirectory, majorVersion } = site.cluster
      const running = site.start('restore', 'database', '--in-place', '--yes')
      const proof = await processOf(running, 'postgres -D', dataDirectory, 'holdfast-proof-')
      running.kill('SIGKILL')
      await running.ended
      await until(() => !isAlive(proof))
      // As a machine does that comes back.
      const { signal } = new AbortController()
      await startCluster({ place: createLocalPlace(), signal, folder: join(site.root, 'postgres'), dataDirectory, majorVersion })
      while ((await site.cluster.query('SELECT pg_is_in_recovery()')) === 't')
        await new Promise((resolve) => setTimeout(resolve, 100))
      await site.cluster.query('INSERT INTO rows VALUES (12)')
      const refused = await site.holdfast('restore', 'database', '--to', join(site.root, 'elsewhere'))
      expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('was cut short, and a server runs in')])
      expect(await rows()).toBe('9,10,11,12')
      const { checks } = (await site.holdfast('watch', '--json')).json.watch
      expect(checks.find(({ kind }: { kind: string }) => kind === 'lock').error.message).toContain(
        'a restore in place was cut short',
      )
      const { undone } = await site.ask('restore', 'database', '--undo')
      expect(undone.said).toContain('which is kept: ')
      expect(await rows()).toBe('9,10,11')
      const kept = readdirSync(join(site.root, 'postgres')).filter((name) => name.includes('failed-restore'))
      expect(kept.map((name) => existsSync(join(site.root, 'postgres', name, 'PG_VERSION')))).toEqual([true])
    },
  )
})
