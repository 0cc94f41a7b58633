import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { preload } from '../simulation/fake-clock.ts'
import { killWhenFinished, processOf, until } from '../support/processes.ts'
import { startFakeDiscord, type FakeDiscord, type FakeMessage } from '../support/fake-discord.ts'
import {
  createTestSite,
  passphrase,
  writeSecret,
  type Answer,
  type TestSite,
  type TestSiteOptions,
} from '../support/test-site.ts'

/** What breaks between two runs is seen by the next watch, and its end too; what nobody can see is not well. */

const pair = inject('pairs').at(-1) as ReturnType<typeof inject<'pairs'>>[number]

interface Wrong {
  readonly subject: string
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly since: string
}

/** What a watch finds wrong; its exit code says the same. */
async function wrongIn(site: TestSite, other: Readonly<Record<string, string>> = {}): Promise<Wrong[]> {
  const answer = await site.startAs(other, 'watch', '--json').ended
  const wrong = wrongOf(answer)
  expect(answer.exitCode).toBe(wrong.length === 0 ? 0 : 4)
  return wrong
}

const wrongOf = ({ json }: Answer): Wrong[] =>
  json.watch.checks.flatMap(({ component, kind, since, error }: Answer['json']) =>
    error === undefined ? [] : [{ subject: [component, kind].filter(Boolean).join('/'), since, ...error }],
  )

async function siteFor(options: Omit<TestSiteOptions, 'pair'>, discord?: FakeDiscord): Promise<TestSite> {
  const site = await createTestSite({
    pair,
    ...options,
    ...(discord === undefined ? {} : { settings: { notify: { discord: {} } } }),
  })
  onTestFinished(() => site.remove())
  if (discord !== undefined) writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}\n`)
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  return site
}

const textOf = ({ content = '', embeds = [] }: FakeMessage): string =>
  [content, ...embeds.map(({ description = '' }) => description)].join('\n')

async function holds(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 100))
}

/** Ends a segment that has something in it. */
async function switchSegment({ cluster }: TestSite): Promise<string> {
  await cluster.query('SELECT txid_current()')
  return cluster.query('SELECT pg_walfile_name(pg_switch_wal())')
}

const nothingWaits = (site: TestSite) => async () =>
  (await site.cluster.query("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")) === '0'

test('archiving that breaks is seen by the next watch, and lasts until it works again; so is a server that is down', async () => {
  const discord = await startFakeDiscord()
  onTestFinished(() => discord.close())
  const site = await siteFor({ database: true, files: {} }, discord)
  expect(await wrongIn(site)).toEqual([])
  expect(discord.requests).toBe(0)
  expect((await site.holdfast('status')).stdout).toMatch(/archiving {2}database: last WAL \S+ ago, 0 waiting/)

  const archive = join(site.storage, 'database/archive/database', `${site.cluster.majorVersion}-1`)
  const folders = [archive, ...readdirSync(archive).map((name) => join(archive, name))]
  for (const folder of folders) chmodSync(folder, 0o500)
  await switchSegment(site)
  await holds(
    async () => (await site.cluster.query('SELECT last_failed_time > last_archived_time FROM pg_stat_archiver')) === 't',
  )
  const [broken, ...others] = await wrongIn(site)
  expect(others).toEqual([])
  expect(broken).toMatchObject({ subject: 'database/archiving', code: 'archive-failing' })
  expect(broken?.message).toContain('1 segment waits and keeps 16.8 MB of disk')
  expect((await wrongIn(site))[0]).toMatchObject({ since: broken?.since })
  // Told once, however often it is seen.
  expect(discord.messages.map(textOf)).toEqual([expect.stringContaining('WAL does not reach the archive') as string])
  const metrics = join(site.root, 'holdfast.prom')
  const breached = await site.holdfast('status', '--prometheus', metrics)
  expect(breached.exitCode).toBe(4)
  expect(breached.stdout).toContain('watch/database/archiving for')
  expect(readFileSync(metrics, 'utf8')).toContain(`\nholdfast_component_healthy{site="${site.name}",component="database"} 0\n`)
  for (const folder of folders) chmodSync(folder, 0o750)
  // A new segment wakes the archiver, which otherwise tries again once a minute.
  await switchSegment(site)
  await holds(nothingWaits(site))
  const well = await site.ask('watch')
  expect(well.watch.asked).toEqual([{ component: 'database', reason: 'archiving failed, and works again' }])
  expect((await site.ask('watch')).watch.asked).toEqual([])
  expect((await site.holdfast('status')).exitCode).toBe(0)
  expect(discord.messages.map(textOf).slice(1)).toEqual([expect.stringContaining('Over: ') as string])

  await site.cluster.stop()
  expect(await wrongIn(site)).toMatchObject([{ subject: 'database/archiving', code: 'postgres-down' }])
})

test('WAL that pgBackRest dropped is known at the next watch, and ended by a base backup that the watch begins', async () => {
  const site = await siteFor({ database: true, files: {} })
  const { cluster } = site
  expect(await wrongIn(site)).toEqual([])
  const good = await cluster.query('SHOW archive_command')
  const dropping = good.replace('archive-push', '--archive-push-queue-max=1MB archive-push')
  await cluster.query(`ALTER SYSTEM SET archive_command = '${dropping}'`)
  await cluster.query('SELECT pg_reload_conf()')
  await holds(async () => (await cluster.query('SHOW archive_command')) === dropping)
  const archive = join(site.storage, 'database/archive')
  chmodSync(archive, 0)
  // The archiver reads its command anew between two segments.
  await switchSegment(site)
  const dropped = await switchSegment(site)
  await holds(nothingWaits(site))
  // Nothing tells of it but the log, and the archive is out of reach: that is not well either.
  expect(await wrongIn(site)).toMatchObject([
    { subject: 'database/wal-gap', message: expect.stringContaining('could not be listed') as string },
  ])
  chmodSync(archive, 0o750)
  await cluster.query(`ALTER SYSTEM SET archive_command = '${good}'`)
  await cluster.query('SELECT pg_reload_conf()')
  await holds(async () => (await cluster.query('SHOW archive_command')) === good)
  const known = await site.holdfast('watch', '--json')
  expect(wrongOf(known)).toMatchObject([{ subject: 'database/wal-gap', code: 'wal-gap' }])
  expect(known.json.watch.cured).toEqual([{ component: 'database', exitCode: 3 }])
  const [{ windows }] = (await site.ask('points')).components
  expect(windows).toHaveLength(2)
  expect(windows[0].lastWal < dropped && dropped < windows[1].lastWal).toBe(true)
  expect(await wrongIn(site)).toEqual([])
})

test('a server that is back is well; a killed run and a journal that cannot be read are not', async () => {
  const site = await siteFor({ database: true })
  const running = site.start('backup')
  await processOf(running, pair.pgbackrest, site.root, ' backup')
  running.kill('SIGKILL')
  await running.ended
  const place = createLocalPlace()
  const { signal } = new AbortController()
  const { dataDirectory, majorVersion } = site.cluster
  await site.cluster.stop()
  const again = await startCluster({ place, signal, folder: join(site.root, 'postgres'), dataDirectory, majorVersion })
  onTestFinished(() => again.stop().catch(() => undefined))
  expect(await wrongIn(site)).toMatchObject([{ subject: 'run', code: 'run-killed' }])
  expect((await site.holdfast('backup')).exitCode).toBe(0)
  expect(await wrongIn(site)).toEqual([])

  const journal = join(site.root, 'state', site.name, 'journal')
  mkdirSync(join(journal, '2099-12.jsonl'))
  expect(await wrongIn(site)).toMatchObject([{ subject: 'documents/points' }, { subject: 'journal', code: 'journal-unreadable' }])
})

test('a run that was stopped is told by the next watch, once, and is over with the next run; Ctrl-C is nobody else’s business', async () => {
  const discord = await startFakeDiscord()
  onTestFinished(() => discord.close())
  const site = await siteFor({ database: true }, discord)
  const stop = async (signal: NodeJS.Signals) => {
    const running = site.start('backup', '--json')
    await processOf(running, pair.pgbackrest, site.root, ' backup')
    running.kill(signal)
    const { exitCode, json } = await running.ended
    expect([exitCode, json.run.stoppedBy]).toEqual([130, signal])
  }
  await stop('SIGINT')
  expect(await wrongIn(site)).toEqual([])
  await stop('SIGTERM')
  expect(discord.messages).toEqual([])
  for (const _ of [1, 2]) {
    expect(await wrongIn(site)).toMatchObject([
      { subject: 'run', code: 'run-killed', message: expect.stringContaining('was stopped by SIGTERM before its end') as string },
    ])
  }
  expect(discord.messages.map(textOf)).toEqual([expect.stringContaining('was stopped by SIGTERM') as string])
  await site.ask('backup')
  expect(await wrongIn(site)).toEqual([])
  expect(discord.messages.map(textOf).slice(1)).toEqual([expect.stringContaining('Over: ') as string])
  // As when the connection breaks on which somebody began it.
  await stop('SIGHUP')
  await wrongIn(site)
  expect(discord.messages.map(textOf).slice(2)).toEqual([expect.stringContaining('was stopped by SIGHUP') as string])
})

test('a state disk that is full is told once, however many look, and is over when there is room again', async () => {
  const discord = await startFakeDiscord()
  onTestFinished(() => discord.close())
  const site = await createTestSite({ pair, settings: { notify: { discord: {} } } })
  onTestFinished(() => site.remove())
  writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}\n`)
  const state = join(site.root, 'state')
  mkdirSync(state)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200M,mode=755', 'holdfast-test', state])
  onTestFinished(() => void execFileSync('umount', ['--lazy', state]))
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  expect(await wrongIn(site)).toEqual([])

  const large = join(state, 'large')
  spawnSync('dd', ['if=/dev/zero', `of=${large}`, 'bs=64k'])
  for (const _ of [1, 2, 3])
    expect((await wrongIn(site)).map(({ subject }) => subject).toSorted()).toEqual(['journal', 'state-disk'])
  for (const _ of [1, 2]) expect((await site.holdfast('backup')).exitCode).not.toBe(0)
  const told = discord.messages.map(textOf)
  expect(told).toHaveLength(2)
  expect(told[0]).toContain('are free where journal and spool go')
  expect(readFileSync(join(site.root, 'run', site.name, 'notices.json'), 'utf8')).toContain('"count":3')

  rmSync(large)
  await site.ask('backup')
  expect(await wrongIn(site)).toEqual([])
  expect(readdirSync(join(site.root, 'run', site.name))).toEqual([])
  expect(await wrongIn(site)).toEqual([])
  expect(discord.messages.map(textOf).slice(2).join('\n')).toMatch(/Over: no backup could begin [^]*2 problems on .* are over/)
})

test('a watch that is told to stop ends as whatever is interrupted does', async () => {
  const site = await createTestSite({ pair })
  onTestFinished(() => site.remove())
  site.configure({ components: { database: { postgres: { container: 'db', runtime: 'docker' } } } })
  const programs = join(site.root, 'programs')
  mkdirSync(programs)
  writeFileSync(join(programs, 'docker'), '#!/bin/sh\nexec sleep 4322\n', { mode: 0o755 })
  // From now on the configuration needs no reading, and less of the program is loaded.
  await site.holdfast('status')
  const hanging = site.startAs({ PATH: `${programs}:${process.env['PATH']}` }, 'watch')
  await processOf(hanging, 'sleep', '4322')
  hanging.kill('SIGTERM')
  expect(await hanging.ended).toMatchObject({ exitCode: 130, text: expect.stringContaining('stopped by SIGTERM') })
})

test('a stale lock, a clock that jumps, a disk that fills up and one that goes away', async () => {
  const site = await createTestSite({ pair })
  onTestFinished(() => site.remove())
  const disk = join(site.root, 'storage')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=50M,mode=755', 'holdfast-test', disk])
  onTestFinished(() => void execFileSync('umount', ['--lazy', disk]))
  expect(wrongOf(await site.holdfast('watch', '--json'))).toMatchObject([{ subject: 'documents/points', code: 'backup-overdue' }])
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  expect(await wrongIn(site)).toEqual([])

  const locks = join(site.storage, 'documents/locks')
  const child = spawn(pair.restic, ['-r', join(site.storage, 'documents'), '--no-cache', 'check', '--read-data'], {
    env: { RESTIC_PASSWORD: passphrase, HOME: site.root },
    stdio: 'ignore',
  })
  killWhenFinished(child.pid as number)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const [lock = ''] = await until(() => readdirSync(locks).length > 0 && readdirSync(locks))
  child.kill('SIGKILL')
  await gone
  const anHourAgo = Date.now() / 1000 - 3600
  utimesSync(join(locks, lock), anHourAgo, anHourAgo)
  expect(await wrongIn(site)).toMatchObject([{ subject: 'documents/lock', code: 'lock-stale' }])
  await site.ask('backup')
  expect(await wrongIn(site)).toEqual([])

  // Of a machine that was started a moment ago nobody minds: this one was, as far as the last look tells, an hour earlier.
  const memory = join(site.root, 'state', site.name, 'watch.json')
  const { clock, ...seen } = JSON.parse(readFileSync(memory, 'utf8')) as { clock: { at: number; uptimeMs: number } }
  const anHourOn = { ...clock, at: clock.at + 3_600_000, uptimeMs: clock.uptimeMs + 3_600_000 }
  writeFileSync(memory, JSON.stringify({ ...seen, clock: anHourOn }))
  const twoHoursAhead = { ...preload, FAKETIME: '+7200' }
  expect(await wrongIn(site, twoHoursAhead)).toMatchObject([{ subject: 'clock', message: 'the clock was set ahead by 2h' }])
  expect(await wrongIn(site)).toEqual([])

  writeFileSync(join(disk, 'large'), Buffer.alloc(48_000_000))
  expect(await wrongIn(site)).toMatchObject([{ subject: 'storage-disk', code: 'disk-low' }])
  rmSync(join(disk, 'large'))
  renameSync(site.storage, `${site.storage}-away`)
  expect(await wrongIn(site)).toMatchObject([{ subject: 'storage-disk', code: 'storage-unreachable' }])
})
