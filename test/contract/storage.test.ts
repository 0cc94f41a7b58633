import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { createDirectoryStorage } from '../../src/storage/directory.ts'
import type { SiteStorage } from '../../src/storage/port.ts'
import { createS3Storage } from '../../src/storage/s3/bucket.ts'
import { failureOf } from '../support/failure.ts'
import { thisMachine } from '../support/this-machine.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-storage-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const group = `group-${randomBytes(4).toString('hex')}`

/** The same two sites in each kind of storage, in a folder that nobody else uses. */
const storages: Record<string, (site: string) => SiteStorage> = {
  'a directory': (site) => {
    mkdirSync(join(root, group), { recursive: true })
    return createDirectoryStorage(join(root, group), site, thisMachine)
  },
  'an S3 bucket': (site) => {
    const s3 = inject('s3')
    const { hostname, port } = new URL(s3.endpoint)
    const { bucket, region, caFile } = s3
    return createS3Storage({ host: hostname, port: Number(port), bucket, region, caFile, pathStyle: true, prefix: group }, site, {
      id: s3.accessKeyId,
      secret: s3.secretAccessKey,
      token: undefined,
    })
  },
}

const { signal } = new AbortController()
const bytesOf = (text: string) => Buffer.from(text)
const textOf = (content: Uint8Array | undefined) => (content === undefined ? undefined : Buffer.from(content).toString('utf8'))

describe.each(Object.entries(storages))('small objects in %s', (_kind, storageOf) => {
  test('are read as they were written, and replaced as a whole', async () => {
    const storage = storageOf('pi-hosting')
    expect(await storage.readObject('note.json', signal)).toBeUndefined()
    await storage.writeObject('note.json', bytesOf('a longer first one'), signal)
    await storage.writeObject('note.json', bytesOf('“second”'), signal)
    expect(textOf(await storage.readObject('note.json', signal))).toBe('“second”')
  })

  test('are created once: of several at the same time, one wins', async () => {
    const storage = storageOf('pi-hosting')
    const created = await Promise.all(
      ['one', 'two', 'three'].map((text) => storageOf('pi-hosting').createObject('once.json', bytesOf(text), signal)),
    )
    expect(created.filter(Boolean)).toHaveLength(1)
    expect(textOf(await storage.readObject('once.json', signal))).toBe(['one', 'two', 'three'][created.indexOf(true)])
    expect(await storage.createObject('once.json', bytesOf('four'), signal)).toBe(false)
  })

  test('belong to one site, and show as a folder of it', async () => {
    await storageOf('pi-hosting').writeObject('note.json', bytesOf('ours'), signal)
    const other = storageOf('droplet/api')
    expect(await other.readObject('note.json', signal)).toBeUndefined()
    await other.writeObject('note.json', bytesOf('theirs'), signal)
    expect(await other.listFolders('', signal)).toEqual(['droplet', 'pi-hosting'])
    expect(await other.listFolders('droplet', signal)).toEqual(['api'])
    expect(await other.listFolders('droplet/api', signal)).toEqual(['holdfast'])
    expect(await other.listFolders('nobody', signal)).toEqual([])
  })
})

test('no object makes a storage that is not there', async () => {
  const path = join(root, 'not mounted')
  const storage = createDirectoryStorage(path, 'pi-hosting', thisMachine)
  expect((await failureOf(() => storage.writeObject('note.json', bytesOf('x'), signal))).code).toBe('repository-missing')
  expect((await failureOf(() => storage.readObject('note.json', signal))).code).toBe('repository-missing')
})

test('an object in a folder whose place is taken is a storage that cannot be written', async () => {
  const path = join(root, 'taken')
  mkdirSync(join(path, 'pi-hosting'), { recursive: true })
  writeFileSync(join(path, 'pi-hosting/holdfast'), '')
  const storage = createDirectoryStorage(path, 'pi-hosting', thisMachine)
  expect((await failureOf(() => storage.writeObject('note.json', bytesOf('x'), signal))).code).toBe('storage-denied')
})
