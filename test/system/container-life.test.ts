import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { imageUid, startDocker, startPodman, type ContainerEngine } from '../support/container-engine.ts'
import type { EnginePair } from '../support/engines.ts'
import { processOf, until } from '../support/processes.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** The whole life of a database in a container with its data on a volume: set up, backed up, listed, restored, put back in place. */

const [pair] = inject('pairs') as [EnginePair]

describe.each([
  { runtime: 'docker', startEngine: startDocker, isBound: true },
  { runtime: 'podman', startEngine: startPodman, isBound: false },
])('a database in a container of $runtime', ({ startEngine, isBound }) => {
  let engine: ContainerEngine
  let site: TestSite
  const name = `life-${randomBytes(3).toString('hex')}`
  const volume = 'shop_db'
  const sql = (statement: string) => engine.sql('db', statement)
  const rows = () => sql("SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM rows")
  const containers = () => engine.ask('ps', '--all', '--format', '{{.ID}} {{.Names}}').trim()
  /** A volume is a folder of the runtime's, or one that is mounted there for as long as a container uses it. */
  const bound = () => join(site.root, 'volume')
  const folder = () => (isBound ? bound() : engine.ask('volume', 'inspect', '--format', '{{.Mountpoint}}', volume).trim())
  const beside = (word: string) => readdirSync(dirname(folder())).filter((entry) => entry.includes(word))
  /** Now, in the site's zone; and a second goes by before and after. */
  const thisSecond = () => {
    sql('SELECT pg_sleep(1.1)')
    const second = sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'Australia/Perth', 'YYYY-MM-DD HH24:MI:SS')")
    sql('SELECT pg_sleep(1.1)')
    return second
  }

  beforeAll(async () => {
    engine = await startEngine()
    site = await createTestSite({ pair, files: {}, settings: { patience: '2s' }, environment: engine.environment })
    site.configure({ components: { [name]: { postgres: { container: 'db' } } } })
    mkdirSync(join(site.root, 'storage'))
    mkdirSync(bound())
    chownSync(bound(), imageUid, imageUid)
    const binding = ['type=none', 'o=bind', `device=${bound()}`].flatMap((option) => ['--opt', option])
    engine.ask('volume', 'create', ...(isBound ? binding : []), volume)
  })
  afterAll(async () => {
    await engine?.stop()
    await site?.remove()
  })

  test('is set up with the options that are printed, backed up, listed, and restored into a folder', async () => {
    await engine.startDatabase({ name: 'db', data: volume })
    const left = await site.holdfast('setup', 'apply', '--yes')
    expect(left.exitCode).toBe(3)
    const mounts = [...left.text.matchAll(/--volume (\S+)/g)].map(([, mount = '']) => mount)
    expect(mounts).toHaveLength(2)
    engine.ask('rm', '--force', 'db')
    await engine.startDatabase({ name: 'db', data: volume, mounts })
    expect((await site.holdfast('setup', 'apply', '--yes')).text).toContain('archiving was seen to work')
    sql('CREATE TABLE rows (id int PRIMARY KEY); INSERT INTO rows VALUES (1)')
    expect((await site.ask('backup')).run.steps[0]).toMatchObject({ outcome: 'done', point: { kind: 'full' } })
    expect((await site.ask('points')).components[0]).toMatchObject({ points: [{}], windows: [{}] })
    sql('INSERT INTO rows VALUES (2)')
    const copy = join(site.root, 'restored', name)
    const { restore } = await site.ask('restore', name, '--to', copy)
    expect(restore).toMatchObject({ places: [copy], cluster: { databases: [{ name: 'postgres' }] } })
    const look = restore.lookInside.replace(' -it ', ' -i --volume /usr:/usr:ro ')
    const options = { env: engine.environment, input: 'TABLE rows ORDER BY id;', encoding: 'utf8', stdio: 'pipe' } as const
    expect(execFileSync('sh', ['-c', look], options)).toMatch(/1\n +2\n/)
  })

  test('in place: confirmed, restored, archiving, the old data kept beside; and the next backup is good', async () => {
    const at = thisSecond()
    sql('DROP TABLE rows')
    const before = containers()
    const once = await site.holdfast('restore', name, '--in-place', '--at', at)
    expect([once.exitCode, once.stderr]).toEqual([2, expect.stringContaining('not confirmed; nothing was restored')])
    const { restore } = await site.ask('restore', name, '--in-place', '--at', at, '--yes')
    expect(rows()).toBe('1,2')
    expect(containers()).toBe(before)
    expect(restore.setAside).toEqual([expect.stringContaining(`${folder()}.before-restore-`)])
    expect(existsSync(join(restore.setAside[0], 'PG_VERSION'))).toBe(true)
    expect(restore.notes.join('\n')).toContain('take a new base backup now')
    expect(restore.notes.join('\n')).not.toContain('does not archive')
    expect(sql('SELECT timeline_id FROM pg_control_checkpoint()')).toBe('2')
    sql('INSERT INTO rows VALUES (3)')
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  // What goes wrong from here on is put right by the same commands in either runtime.
  if (!isBound) return

  test('in place: what fails puts the old data back, and the container runs as before', async () => {
    sql('INSERT INTO rows VALUES (4)')
    const kept = beside('before-restore')
    const answer = await site.holdfast('restore', name, '--in-place', '--name', 'nobody made it', '--yes')
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('the old data is back in its place, and its container was started')
    await until(() => engine.answers('db'))
    expect(rows()).toBe('1,2,3,4')
    expect(beside('before-restore')).toEqual(kept)
    expect(beside('failed-restore')).toEqual([])
    const archive = join(site.storage, name, 'archive', name)
    expect(execFileSync('find', [archive, '-name', '0000000[3-9].history'], { encoding: 'utf8' })).toBe('')
  })

  test('in place: a kill -9 in the middle is undone by the next', async () => {
    const kept = beside('before-restore')
    const running = site.start('restore', name, '--in-place', '--yes')
    await processOf(running, 'pgbackrest', `--pg1-path=${folder()}`, `--stanza=${name}`, ' restore')
    running.kill('SIGKILL')
    await running.ended
    const { undone } = await site.ask('restore', name, '--undo')
    expect(undone.said).toContain('is back in its place')
    await until(() => engine.answers('db'))
    expect(rows()).toBe('1,2,3,4')
    expect(beside('before-restore')).toEqual(kept)
    expect(beside('failed-restore')).toEqual([])
    expect(containers().split('\n')).toEqual([expect.stringMatching(/ db$/)])
    await site.ask('restore', name, '--in-place', '--yes')
    expect(rows()).toBe('1,2,3,4')
  })

  test('in place: data that somebody else uses, or that no folder here is, is left alone', async () => {
    engine.startIdle('other', [`${volume}:/elsewhere`])
    const answer = await site.holdfast('restore', name, '--in-place', '--yes', '--json')
    expect(answer.json.error).toMatchObject({
      code: 'container-data',
      message: `container other uses the data of container db too`,
    })
    engine.ask('rm', '--force', 'other')
    const live = `${folder()}.live`
    renameSync(folder(), live)
    mkdirSync(folder())
    const stranger = await site.holdfast('restore', name, '--in-place', '--yes', '--json')
    expect(stranger.json.error).toMatchObject({ code: 'container-data', message: expect.stringContaining('is not') })
    rmdirSync(folder())
    renameSync(live, folder())
    expect(rows()).toBe('1,2,3,4')
  })
})

test('a database in a container is backed up into a bucket behind a private authority, and comes back from there', async () => {
  const engine = await startDocker()
  onTestFinished(() => engine.stop())
  const site = await createTestSite({ pair, s3: inject('s3'), files: {}, environment: engine.environment })
  onTestFinished(() => site.remove())
  site.configure({ components: { database: { postgres: { container: 'db' } } } })
  await engine.startDatabase({ name: 'db', data: 'shop_db', reachesLoopback: true })
  const left = await site.holdfast('setup', 'apply', '--yes')
  const mounts = [...left.text.matchAll(/--volume (\S+)/g)].map(([, mount = '']) => mount)
  expect(mounts).toContain(`${inject('s3').caFile}:${inject('s3').caFile}:ro`)
  engine.ask('rm', '--force', 'db')
  await engine.startDatabase({ name: 'db', data: 'shop_db', mounts, reachesLoopback: true })
  await site.ask('setup', 'apply', '--yes')
  engine.sql('db', 'CREATE TABLE rows AS SELECT 1 AS id')
  expect((await site.ask('backup')).run.steps[0]).toMatchObject({ outcome: 'done', point: { kind: 'full' } })
  engine.sql('db', 'INSERT INTO rows VALUES (2)')
  const { restore } = await site.ask('restore', 'database', '--to', join(site.root, 'restored'))
  expect(restore.cluster).toMatchObject({ databases: [{ name: 'postgres' }] })
})
