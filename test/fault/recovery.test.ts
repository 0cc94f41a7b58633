import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { answerOf, insertArchived, rowsOf, siteWithRows } from '../support/site-with-rows.ts'
import type { TestSite } from '../support/test-site.ts'

/** A restore says what it reached, and never takes an end of WAL that it met for the end of what was committed. */

const place = createLocalPlace()
const { signal } = new AbortController()
const pair = inject('pairs').at(-1) as ReturnType<typeof inject<'pairs'>>[number]

/** Starts what lies in the data directory now, which was put there by hand. */
async function startAgain(site: TestSite): Promise<void> {
  const { dataDirectory, majorVersion } = site.cluster
  await startCluster({ place, signal, folder: join(site.root, 'postgres'), dataDirectory, majorVersion })
}

/** Now, in the site's zone, as a person writes it; and a second goes by before and after. */
async function thisSecond(site: TestSite): Promise<string> {
  const now = "to_char(clock_timestamp() AT TIME ZONE 'Australia/Perth', 'YYYY-MM-DD HH24:MI:SS')"
  const second = await site.cluster.query(`SELECT pg_sleep(1.1); SELECT ${now}`)
  await site.cluster.query('SELECT pg_sleep(1.1)')
  return second.trim()
}

test('WAL that is damaged in the archive ends a restore as a failure that names it, not as a success', async () => {
  const site = await siteWithRows()
  const segments = [await insertArchived(site, 1), await insertArchived(site, 2), await insertArchived(site, 3)]
  await site.cluster.stop()
  const damaged = segments[1] ?? ''
  const folder = join(site.storage, 'database/archive/database', `${site.cluster.majorVersion}-1`, damaged.slice(0, 16))
  const file = join(folder, readdirSync(folder).find((name) => name.startsWith(damaged)) ?? '')
  const content = readFileSync(file)
  content.fill(0x55, 100, 200)
  writeFileSync(file, content)
  const answer = await site.holdfast('restore', 'database', '--to', join(site.root, 'back'))
  expect(answer.exitCode).toBe(1)
  expect(answer.stderr).toContain(`recovery ended after WAL segment ${segments[0]}, and the archive goes on to ${segments[2]}`)
  expect(answer.stdout).toBe('')
})

test('a busy database is restored to exactly what it held at a name, whatever was written meanwhile', async () => {
  const site = await siteWithRows()
  const write = `DO $$ BEGIN FOR i IN 1..100000 LOOP
      EXIT WHEN EXISTS (SELECT FROM pg_tables WHERE tablename = 'enough');
      INSERT INTO rows VALUES (i); IF i % 7 = 0 THEN DELETE FROM rows WHERE id = i - 3; END IF;
      COMMIT; PERFORM pg_sleep(0.002);
    END LOOP; END $$`
  const writers = [site.cluster.query(write), site.cluster.query(write)]
  await site.ask('backup')
  const held = "SELECT count(*) || ' ' || md5(string_agg(id::text, ',' ORDER BY id)) FROM rows"
  const [before] = (
    await site.cluster.query(
      `BEGIN; LOCK TABLE rows IN SHARE MODE; ${held}; SELECT pg_create_restore_point('in the middle'); COMMIT`,
    )
  ).split('\n')
  const now = await site.holdfast('restore', 'database', '--to', join(site.root, 'now'), '--json')
  await site.cluster.query('CREATE TABLE enough ()')
  await Promise.all(writers)
  expect(now.exitCode).toBe(0)
  const target = join(site.root, 'back')
  await site.ask('restore', 'database', '--name', 'in the middle', '--to', target)
  expect(Number(before?.split(' ')[0])).toBeGreaterThan(10)
  expect(await answerOf(site, target, held)).toBe(before)
})

test('latest begins with a base backup whose WAL is there, when the newest one’s is not', async () => {
  const site = await siteWithRows()
  await insertArchived(site, 1)
  const { run } = await site.ask('backup')
  await site.cluster.stop()
  const { points } = (await site.ask('points')).components[0]
  expect(points.at(-1).id).toBe(run.steps[0].point.id)
  const info = JSON.parse(
    execFileSync(
      pair.pgbackrest,
      [`--config=${join(site.root, 'site/pgbackrest/database.conf')}`, '--stanza=database', '--output=json', 'info'],
      {
        encoding: 'utf8',
      },
    ),
  ) as [{ backup: { archive: { start: string } }[] }]
  const start = info[0].backup.at(-1)?.archive.start ?? ''
  const folder = join(site.storage, 'database/archive/database', `${site.cluster.majorVersion}-1`, start.slice(0, 16))
  for (const name of readdirSync(folder)) if (name.startsWith(start)) rmSync(join(folder, name))
  const target = join(site.root, 'back')
  const { restore } = await site.ask('restore', 'database', '--to', target)
  expect(restore.point).toBe(points[0].id)
  expect(await rowsOf(site, target)).toBe('1')
})

test('a live server that cannot archive is said to hold more than the restored copy', async () => {
  const site = await siteWithRows()
  await site.cluster.query("ALTER SYSTEM SET archive_command = 'false # pgbackrest'")
  await site.cluster.query('SELECT pg_reload_conf()')
  await site.cluster.query('INSERT INTO rows VALUES (1)')
  const { restore } = await site.ask('restore', 'database', '--to', join(site.root, 'back'))
  expect(restore.notes.join()).toContain('the live server holds more than could be archived')
})

test('a restored copy in production is not taken for the old line: what it holds is restorable from its first backup on', async () => {
  const site = await siteWithRows()
  await insertArchived(site, 1)
  const copy = join(site.root, 'copy')
  await site.ask('restore', 'database', '--to', copy)
  const { dataDirectory } = site.cluster
  await site.cluster.stop()
  renameSync(dataDirectory, `${dataDirectory}-old`)
  cpSync(copy, dataDirectory, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  const { uid, gid } = statSync(`${dataDirectory}-old`)
  execFileSync('chown', ['-R', `${uid}:${gid}`, dataDirectory])
  await startAgain(site)
  await site.ask('setup', 'apply', '--yes')
  await insertArchived(site, 2)
  const { restore } = await site.ask('restore', 'database', '--to', join(site.root, 'before'))
  expect(restore.notes.join()).toContain('cannot be reached: a new backup makes it so')
  expect(await rowsOf(site, join(site.root, 'before'))).toBe('1')
  expect((await site.ask('points')).components[0].unreachable).toMatchObject([{ timeline: 2 }])
  const [step] = (await site.holdfast('backup', '--json')).json.run.steps
  expect(step).toMatchObject({ outcome: 'partial', errors: [{ code: 'wal-gap' }] })
  expect(step.errors[0].message).toContain('timeline 2 began after segment')
  await insertArchived(site, 3)
  await site.ask('restore', 'database', '--to', join(site.root, 'after'))
  expect(await rowsOf(site, join(site.root, 'after'))).toBe('1,2,3')
})

test('after a restore in place, a time of the old line gives what the database held then, and one of the new line that', async () => {
  const site = await siteWithRows()
  const { dataDirectory } = site.cluster
  await insertArchived(site, 1)
  const early = await thisSecond(site)
  await insertArchived(site, 2)
  const late = await thisSecond(site)
  await insertArchived(site, 3)
  await site.cluster.stop()
  const { uid, gid } = statSync(dataDirectory)
  const words = [`--config=${join(site.root, 'site/pgbackrest/database.conf')}`, '--stanza=database', '--delta', '--type=time']
  const at = new Date(`${early.replace(' ', 'T')}+08:00`).toISOString().replace('T', ' ').replace('Z', '+00')
  execFileSync(pair.pgbackrest, [...words, `--target=${at}`, '--target-action=promote', 'restore'], {
    uid,
    gid,
    cwd: '/',
    env: {},
    stdio: 'ignore',
  })
  await startAgain(site)
  while ((await site.cluster.query('SELECT pg_is_in_recovery()', 'postgres')) === 't')
    await new Promise((resolve) => setTimeout(resolve, 100))
  await insertArchived(site, 9)
  const { windows } = (await site.ask('points')).components[0]
  expect(windows.map((window: { timeline: number }) => window.timeline)).toEqual([1, 2])
  mkdirSync(join(site.root, 'back'))
  await site.ask('restore', 'database', '--at', late, '--to', join(site.root, 'back/late'))
  expect(await rowsOf(site, join(site.root, 'back/late'))).toBe('1,2')
  await site.ask('restore', 'database', '--to', join(site.root, 'back/latest'))
  expect(await rowsOf(site, join(site.root, 'back/latest'))).toBe('1,9')
})
