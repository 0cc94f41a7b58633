import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { EnginePair } from '../support/engines.ts'
import { processOf, until } from '../support/processes.ts'
import { setRepositoryVersion } from '../support/restic-repository.ts'
import { createTestSite, type TestSite, type TestSiteOptions } from '../support/test-site.ts'
import { describeTree, makeOddTree } from '../support/tree.ts'

/** Restores and removals in trouble: what was there before is there after, and the next try goes on. */

const pairs = inject('pairs')
const [oldest, newest] = [pairs[0], pairs.at(-1)] as [EnginePair, EnginePair]

async function siteFor(options: TestSiteOptions): Promise<TestSite> {
  const site = await createTestSite(options)
  onTestFinished(() => site.remove())
  return site
}

/** A small file system of its own over a folder. */
function mountSmall(folder: string, size: string): void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'holdfast-test', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
}

/** Takes the space of a file system but for some, also while others take it; what comes back gives it free. */
function fill(folder: string, leftBytes: number): () => void {
  const file = join(folder, 'ballast')
  const handle = openSync(file, 'w')
  const block = Buffer.alloc(2 ** 18)
  const leftNow = () => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  }
  while (leftNow() > leftBytes + block.length) writeSync(handle, block)
  closeSync(handle)
  return () => rmSync(file)
}

test('a disk that fills up during a restore in place brings the old data back, and the server with it', async () => {
  const site = await siteFor({ pair: newest, database: true, files: {} })
  const { cluster } = site
  await cluster.query('CREATE TABLE rows AS SELECT n FROM generate_series(1, 1000) n')
  const folder = join(site.root, 'postgres')
  await cluster.stop()
  renameSync(folder, `${folder}-before`)
  mountSmall(folder, '400M')
  execFileSync('cp', ['--archive', `${folder}-before/.`, folder])
  await cluster.restart()
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  await cluster.query('INSERT INTO rows VALUES (0)')

  const running = site.start('restore', 'database', '--in-place', '--yes', '--json')
  const isSetAside = () => readdirSync(folder).some((name) => name.includes('before-restore'))
  await until(isSetAside)
  const free = fill(folder, 2_000_000)
  const answer = await running.ended
  expect(answer.json.error).toMatchObject({
    code: 'storage-full',
    message: expect.stringMatching(/the disk under .* is full: .*; the old data is back in its place, and the server runs/),
  })
  expect(isSetAside()).toBe(false)
  expect(await cluster.query('SELECT count(*), min(n) FROM rows')).toBe('1001|0')
  free()
  expect((await site.ask('restore', 'database', '--in-place', '--yes')).restore.kind).toBe('in-place')
  expect(await cluster.query('SELECT count(*), min(n) FROM rows')).toBe('1001|0')
})

test('a full state disk, and old data that starts no more: it is back in its place all the same, and other restores go on', async () => {
  const site = await siteFor({ pair: newest, database: true, files: {} })
  const state = join(site.root, 'state')
  mountSmall(state, '100M')
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const { dataDirectory } = site.cluster
  const running = site.start('restore', 'database', '--in-place', '--name', 'nobody made it', '--yes', '--json')
  const folder = join(site.root, 'postgres')
  const aside = await until(() => readdirSync(folder).find((name) => name.includes('before-restore')))
  const free = fill(state, 0)
  appendFileSync(join(folder, aside, 'postgresql.conf'), 'no_such_setting = 1\n')
  const { error } = (await running.ended).json
  free()
  expect(error.message).toContain('; the old data is back in its place, and its server could not be started: ')
  expect(readFileSync(join(dataDirectory, 'postgresql.conf'), 'utf8')).toContain('no_such_setting')
  expect(readdirSync(folder).filter((name) => name.includes('-restore-'))).toEqual([])
  await site.ask('restore', 'database', '--to', join(site.root, 'elsewhere'))
})

test('a superuser who was not there yet is said, and not waited for', async () => {
  const site = await siteFor({ pair: newest, database: true, files: {} })
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const { cluster } = site
  const [{ id }] = (await site.ask('points')).components[0].points
  await cluster.query('CREATE ROLE late SUPERUSER LOGIN')
  site.configure({ components: { database: { postgres: { dataDirectory: cluster.dataDirectory, user: 'late' } } } })
  const answer = await site.holdfast('restore', 'database', '--point', id, '--to', join(site.root, 'back'), '--json')
  expect(answer.json.error).toMatchObject({
    code: 'postgres-mismatch',
    message: 'the restored server refuses the connection: role "late" does not exist',
  })
})

/** What both versions were seen to do alike is tested with one of them: going on with the newer, making room with the older. */
describe('files', () => {
  test('a restore that is killed with -9 goes on where it was, and ends with the whole', async () => {
    const site = await siteFor({ pair: newest })
    makeOddTree(join(site.documents, 'odd'))
    for (let count = 0; count < 24; count += 1) writeFileSync(join(site.documents, `large-${count}`), randomBytes(5_000_000))
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    const target = join(site.root, 'back')
    const words = ['restore', 'documents', '--to', target]
    const running = site.start(...words)
    const engine = await processOf(running, newest.restic, ' restore ', target)
    const arrived = () => readdirSync(target, { recursive: true }).some((name) => String(name).includes('large-'))
    await until(arrived)
    running.kill('SIGKILL')
    await running.ended
    await until(() => statSync(`/proc/${engine}`, { throwIfNoEntry: false }) === undefined)
    expect((await site.ask(...words)).restore.target).toBe(target)
    expect(describeTree(join(target, site.documents))).toEqual(describeTree(site.documents))
  })

  test('a disk that fills up while space is freed loses nothing, and the next time goes on', async () => {
    const site = await siteFor({ pair: oldest, settings: { retention: { last: 1 } } })
    const storage = join(site.root, 'storage')
    mountSmall(storage, '60M')
    await site.ask('setup', 'apply', '--yes')
    const part = (name: string) => join(site.documents, name)
    for (let count = 0; count < 40; count += 1) writeFileSync(part(`part-${count}`), randomBytes(400_000))
    await site.ask('backup', '--no-retention')
    // Every pack holds some that stays and some that goes, so that to free space means to write first.
    for (let count = 0; count < 40; count += 2) rmSync(part(`part-${count}`))
    await site.ask('backup', '--no-retention')
    const free = fill(storage, 1_000_000)
    const answer = await site.holdfast('retention', 'apply', '--yes', '--json')
    expect([answer.exitCode, answer.json.components[0].error?.code]).toEqual([3, 'storage-full'])
    await site.ask('restore', 'documents', '--to', join(site.root, 'while-full'))
    expect(describeTree(join(site.root, 'while-full', site.documents))).toEqual(describeTree(site.documents))
    free()
    const { bfree } = statfsSync(storage)
    expect((await site.ask('retention', 'apply', '--yes')).components[0]).toMatchObject({ outcome: 'done', kept: 1 })
    expect(statfsSync(storage).bfree).toBeGreaterThan(bfree)
    await site.ask('restore', 'documents', '--to', join(site.root, 'after'))
    expect(describeTree(join(site.root, 'after', site.documents))).toEqual(describeTree(site.documents))
  })

  test('a repository of a format that this restic does not know is an error that says so, and stays as it is', async () => {
    const site = await siteFor({ pair: newest })
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    const repository = join(site.storage, 'documents')
    const passphrase = readFileSync(join(site.root, 'site/secrets/restic.key'), 'utf8').trim()
    setRepositoryVersion(repository, passphrase, 2)
    expect((await site.ask('points')).components[0].points).toHaveLength(1)
    setRepositoryVersion(repository, passphrase, 9)
    const before = describeTree(repository)
    for (const words of [
      ['points'],
      ['restore', 'documents', '--to', join(site.root, 'back')],
      ['setup', 'apply', '--yes'],
      ['backup'],
    ]) {
      const answer = await site.holdfast(...words)
      expect([words[0], answer.text]).toEqual([words[0], expect.stringContaining('a newer restic made it')])
      expect(answer.exitCode).not.toBe(0)
    }
    expect(describeTree(repository)).toEqual(before)
  })
})
