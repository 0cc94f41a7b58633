import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createCluster, startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { insertArchived, rowsOf, siteWithRows } from '../support/site-with-rows.ts'
import type { TestSite } from '../support/test-site.ts'

/** What is lost with a server, or in its archive, is known to the second, told once, and bridged at once. */

const place = createLocalPlace()
const { signal } = new AbortController()
const pair = inject('pairs').at(-1) as ReturnType<typeof inject<'pairs'>>[number]

function asOwner(site: TestSite, program: string, words: readonly string[], cwd = '/'): string {
  const { uid, gid } = statSync(site.cluster.dataDirectory)
  return execFileSync(program, words, { uid, gid, cwd, env: { PATH: process.env['PATH'] ?? '' }, encoding: 'utf8' })
}

const programsOf = (site: TestSite) => `/usr/lib/postgresql/${site.cluster.majorVersion}/bin`

const pointsOf = async (site: TestSite) => (await site.ask('points')).components[0]

/** The last commit of an archived segment, as PostgreSQL's own program reads it. */
function lastCommitIn(site: TestSite, segment: string): number {
  const folder = mkdtempSync(join(site.root, 'postgres/wal-'))
  const { uid, gid } = statSync(site.cluster.dataDirectory)
  execFileSync('chown', [`${uid}:${gid}`, folder])
  const configuration = join(site.root, 'site/pgbackrest/database.conf')
  const words = [`--config=${configuration}`, '--stanza=database', 'archive-get', segment, join(folder, segment)]
  asOwner(site, pair.pgbackrest, words)
  const told = asOwner(site, 'sh', [
    '-c',
    'TZ=UTC "$1"/pg_waldump --rmgr=Transaction "$2" 2>&1 || true',
    'sh',
    programsOf(site),
    join(folder, segment),
  ])
  const [, date, time] = [...told.matchAll(/COMMIT (\S+) (\S+) UTC/g)].at(-1) ?? []
  return Math.floor(Date.parse(`${date}T${time}Z`))
}

test('a window ends with the last transaction in the archive, a hole is told once and bridged, and a dropped segment too', async () => {
  const site = await siteWithRows()
  const { cluster } = site
  expect((await pointsOf(site)).windows[0].points).toHaveLength(1)
  const segments = [await insertArchived(site, 1), await insertArchived(site, 2)]
  await cluster.query('SELECT pg_sleep(1.1)')
  const last = await insertArchived(site, 3)
  // Committed, and lost with the server: whatever comes back, nobody promises this.
  await cluster.query('INSERT INTO rows VALUES (4)')
  const { windows } = await pointsOf(site)
  expect(windows).toMatchObject([{ lastWal: last, brokenAfter: false }])
  expect(Date.parse(windows[0].to)).toBe(lastCommitIn(site, last))
  await cluster.stop()
  const target = join(site.root, 'back')
  const { restore } = await site.ask('restore', 'database', '--to', target)
  expect(restore).toMatchObject({ restoredTo: windows[0].to, cluster: { lastHeartbeat: { at: expect.any(String) as string } } })
  expect(restore.cluster.lastHeartbeat.writer).toContain(`${site.name}/database `)
  expect(restore.lossAtMostMs).toBeGreaterThan(0)
  expect(await rowsOf(site, target)).toBe('1,2,3')

  const { dataDirectory, majorVersion } = cluster
  const again = await startCluster({ place, signal, folder: join(site.root, 'postgres'), dataDirectory, majorVersion })
  onTestFinished(() => again.stop().catch(() => undefined))
  const folder = join(site.storage, 'database/archive/database', `${majorVersion}-1`, last.slice(0, 16))
  for (const name of readdirSync(folder)) if (name.startsWith(segments[1] ?? '')) rmSync(join(folder, name))
  expect(await pointsOf(site)).toMatchObject({ windows: [{ brokenAfter: true }], unreachable: [{ firstWal: last }] })
  const alarmed = await site.holdfast('backup', '--json')
  expect(alarmed.exitCode).toBe(3)
  expect(alarmed.json.run.steps[0]).toMatchObject({ outcome: 'partial', errors: [{ code: 'wal-gap' }] })
  expect(alarmed.json.run.steps[0].errors[0].message).toContain(`WAL is missing after segment ${segments[0]}`)
  expect((await site.ask('backup')).run.outcome).toBe('done')
  const bridged = await pointsOf(site)
  expect(bridged.windows).toHaveLength(2)
  expect(bridged.unreachable).toEqual([])
  const within = new Date(Date.parse(bridged.windows[0].to) + 1000).toISOString()
  const refused = await site.holdfast('restore', 'database', '--at', within, '--to', join(site.root, 'never'))
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).toContain('WAL is missing there')

  // pgBackRest itself tells PostgreSQL that all is well, and throws the segment away.
  const good = await again.query('SHOW archive_command')
  await again.query(
    `ALTER SYSTEM SET archive_command = '${good.replace('archive-push', '--archive-push-queue-max=1MB archive-push')}'`,
  )
  await again.query('SELECT pg_reload_conf()')
  await again.query('SELECT pg_sleep(1)')
  const dropped = await insertArchived(site, 5)
  await again.query(`ALTER SYSTEM SET archive_command = '${good}'`)
  await again.query('SELECT pg_reload_conf()')
  expect(readdirSync(folder).filter((name) => name.startsWith(dropped))).toEqual([])
  const missed = await site.holdfast('backup', '--json')
  expect(missed.json.run.steps[0]).toMatchObject({ outcome: 'partial', errors: [{ code: 'wal-gap' }] })
  expect((await site.ask('backup')).run.outcome).toBe('done')
})

test('WAL that is lost while the backup is made is followed by one more backup at once; a database may refuse the heartbeat', async () => {
  const site = await siteWithRows()
  site.configure({
    components: { database: { postgres: { dataDirectory: site.cluster.dataDirectory, database: 'campaign', heartbeat: false } } },
  })
  const flag = join(site.root, 'postgres/drop')
  const script = join(site.root, 'archive.sh')
  const good = await site.cluster.query('SHOW archive_command')
  // The first segment behind the label of a backup is thrown away.
  const text = [
    '#!/bin/sh',
    `if [ -e ${flag}-now ]; then rm ${flag}-now; exit 0; fi`,
    `case $1 in *.backup) if [ -e ${flag} ]; then mv ${flag} ${flag}-now; fi ;; esac`,
    `exec ${good.replace('%p', '"$1"')}`,
    '',
  ]
  writeFileSync(script, text.join('\n'), { mode: 0o755 })
  await site.cluster.query(`ALTER SYSTEM SET archive_command = '${script} %p # pgbackrest'`)
  await site.cluster.query('SELECT pg_reload_conf()')
  asOwner(site, 'touch', [flag])
  const { run } = (await site.holdfast('backup', '--json')).json
  expect(run.steps[0].errors.map(({ code }: { code: string }) => code)).toEqual(['wal-gap'])
  expect(run.steps[0].warnings.join()).toContain('another one was made at once')
  const { points, windows } = await pointsOf(site)
  expect(points).toHaveLength(3)
  expect(windows.at(-1).points).toEqual([run.steps[0].point.id])
  expect(await site.cluster.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'holdfast'")).toBe('0')
})

test('after pg_upgrade setup asks, goes on with the upgraded cluster, and the old points stay restorable', async () => {
  const site = await siteWithRows()
  await insertArchived(site, 1)
  const programs = programsOf(site)
  const old = site.cluster.dataDirectory
  const fresh = await createCluster({ place, signal, folder: join(site.root, 'upgraded') })
  for (const data of [old, fresh.dataDirectory])
    asOwner(site, `${programs}/pg_ctl`, ['-D', data, '-m', 'fast', '-s', '-w', 'stop'])
  const logs = join(site.root, 'upgraded/logs')
  mkdirSync(logs)
  const { uid, gid } = statSync(old)
  execFileSync('chown', [`${uid}:${gid}`, logs])
  const folders = ['-b', programs, '-B', programs, '-d', old, '-D', fresh.dataDirectory, '-s', logs]
  asOwner(site, `${programs}/pg_upgrade`, [...folders, '-U', 'postgres'], logs)
  const { majorVersion } = fresh
  const upgraded = await startCluster({ ...fresh, place, signal, folder: join(site.root, 'upgraded'), majorVersion })
  onTestFinished(() => upgraded.stop().catch(() => undefined))
  site.configure({ components: { database: { postgres: { dataDirectory: fresh.dataDirectory } } } })
  const asked = await site.holdfast('setup', 'apply')
  expect(asked.exitCode).toBe(3)
  expect(asked.text).toContain('still to do: upgrade pgbackrest repository')
  await site.ask('setup', 'apply', '--yes')
  expect((await pointsOf(site)).unreachable).toMatchObject([{ archive: `${majorVersion}-2` }])
  await upgraded.query('INSERT INTO rows VALUES (2)')
  expect((await site.ask('backup')).run).toMatchObject({ outcome: 'done', steps: [{ point: { kind: 'full' } }] })
  const { points } = await pointsOf(site)
  expect(points.map(({ archive }: { archive: string }) => archive)).toEqual([`${majorVersion}-1`, `${majorVersion}-2`])
  mkdirSync(join(site.root, 'back'))
  await site.ask('restore', 'database', '--at', points[0].endedAt, '--to', join(site.root, 'back/old'))
  await site.ask('restore', 'database', '--to', join(site.root, 'back/new'))
  expect(await rowsOf(site, join(site.root, 'back/new'))).toBe('1,2')
  expect(readFileSync(join(site.root, 'back/old/PG_VERSION'), 'utf8').trim()).toBe(majorVersion)
})
