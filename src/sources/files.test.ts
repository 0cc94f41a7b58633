import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { systemClock } from '../domain/clock.ts'
import type { SourceSighting } from '../domain/events.ts'
import { createMachine } from '../machine/linux.ts'
import { checkSources, sightSource } from './files.ts'

/** A folder that holds so many files. */
function folderOf(entries: number): string {
  const folder = join(temporaryFolder(), 'data')
  mkdirSync(folder)
  for (let index = 0; index < entries; index += 1) writeFileSync(join(folder, `file ${index}`), 'x')
  return folder
}

const before = (path: string, entries: number, more: Partial<SourceSighting> = {}): SourceSighting => ({
  path,
  kind: 'directory',
  entries,
  mounted: false,
  ...more,
})

const machine = createMachine({ clock: systemClock, own: [] })

const check = (paths: readonly string[], ...rest: [readonly SourceSighting[], boolean]) =>
  checkSources(machine, { paths, oneFileSystem: false }, ...rest)

describe('a source', () => {
  test('is seen as it is: a folder with its entries, a file, anything else', async () => {
    const folder = folderOf(3)
    expect(await sightSource(machine, folder)).toEqual({
      path: folder,
      kind: 'directory',
      entries: 3,
      mounted: false,
      mounts: [],
    })
    expect(await sightSource(machine, folder, true)).not.toHaveProperty('mounts')
    expect(await sightSource(machine, `${folder}/file 0`)).toEqual({
      path: `${folder}/file 0`,
      kind: 'file',
      entries: 1,
      mounted: false,
    })
    await expect(sightSource(machine, '/dev/null')).rejects.toThrow('/dev/null is neither a file nor a folder')
  })

  test('is seen to be a mounted file system, where it is one', async () => {
    expect(await sightSource(machine, '/proc')).toMatchObject({ kind: 'directory', mounted: true })
    expect(await sightSource(machine, '/')).toMatchObject({ kind: 'directory', mounted: false })
  })

  test('that is missing is an error', async () => {
    expect(await failureOf(() => sightSource(machine, '/nowhere/data'))).toMatchObject({
      code: 'source-missing',
      message: '/nowhere/data is missing',
      hint: 'is the volume mounted? Otherwise correct the path in holdfast.yaml',
    })
    expect((await failureOf(() => sightSource(machine, `${folderOf(1)}/file 0/below`))).code).toBe('source-missing')
  })

  test('that is a link is an error, because restic keeps the link alone and nothing of what it leads to', async () => {
    const folder = folderOf(2)
    const link = join(temporaryFolder(), 'link')
    symlinkSync(folder, link)
    expect(await failureOf(() => sightSource(machine, link))).toMatchObject({
      code: 'source-missing',
      message: `${link} is a link: only the link would be backed up, not what it leads to`,
      hint: `name what it leads to: ${folder}`,
    })
    expect((await sightSource(machine, join(link, 'file 0'))).kind).toBe('file')
  })

  test('that is a link to nothing is an error of its own', async () => {
    const link = join(temporaryFolder(), 'link')
    symlinkSync('/nowhere/data', link)
    expect(await failureOf(() => sightSource(machine, link))).toMatchObject({
      code: 'source-missing',
      message: `${link} is a link that leads nowhere`,
    })
  })

  test('that cannot be looked at is an error', async () => {
    const name = join(temporaryFolder(), 'x'.repeat(300))
    expect((await failureOf(() => sightSource(machine, name))).message).toContain(`${name} cannot be read: name too long`)
  })
})

describe('the sources of a run', () => {
  test('are sighted in order, and good the first time whatever they hold', async () => {
    const [empty, full] = [folderOf(0), folderOf(2)]
    expect((await check([empty, full], [], false)).map(({ path, entries }) => [path, entries])).toEqual([
      [empty, 0],
      [full, 2],
    ])
  })

  test('are refused when a folder that held data is empty: a backup of nothing would be green', async () => {
    const folder = folderOf(0)
    expect(await failureOf(() => check([folder], [before(folder, 214)], false))).toMatchObject({
      code: 'source-empty',
      message: `${folder} is empty (214 entries at the last good backup)`,
      hint: 'is the volume mounted? If this is how it should be, once: holdfast backup --allow-empty',
    })
    expect((await failureOf(() => check([folder], [before(folder, 1)], false))).message).toContain('(1 entry at')
  })

  test('are refused when a disk that was mounted no longer is, although something lies in the folder', async () => {
    const folder = folderOf(1)
    expect(await failureOf(() => check([folder], [before(folder, 5, { mounted: true })], false))).toMatchObject({
      code: 'source-empty',
      message: `${folder} was a mounted file system at the last good backup and no longer is`,
    })
  })

  test('are taken as they are when a person says so', async () => {
    const folder = folderOf(0)
    expect(await check([folder], [before(folder, 214, { mounted: true })], true)).toHaveLength(1)
  })

  test('may shrink, grow, and have been empty before', async () => {
    const [one, none] = [folderOf(1), folderOf(0)]
    expect(await check([one, none], [before(one, 214), before(none, 0)], false)).toHaveLength(2)
  })

  test('are never missing, not even when a person allows them to be empty', async () => {
    const folder = folderOf(1)
    rmSync(folder, { recursive: true })
    expect(await failureOf(() => check([folder], [before(folder, 214)], true))).toMatchObject({
      code: 'source-missing',
      message: `${folder} is missing (214 entries at the last good backup)`,
    })
  })

  test('are all told that are wrong, not only the first', async () => {
    const [empty, full] = [folderOf(0), folderOf(1)]
    const failure = await failureOf(() => check(['/nowhere/a', full, empty], [before(empty, 3)], false))
    expect(failure.code).toBe('source-missing')
    expect(failure.message).toBe(`/nowhere/a is missing; ${empty} is empty (3 entries at the last good backup)`)
  })

  test('below which a disk is not mounted any more is an error, unless that is wanted', async () => {
    const folder = folderOf(2)
    const earlier = [before(folder, 2, { mounts: [`${folder}/disk`] })]
    expect(await failureOf(() => check([folder], earlier, false))).toMatchObject({
      code: 'source-empty',
      message: `${folder}/disk was a mounted file system at the last good backup and no longer is`,
    })
    expect(await check([folder], earlier, true)).toMatchObject([{ mounts: [] }])
    expect(await checkSources(machine, { paths: [folder], oneFileSystem: true }, earlier, false)).toHaveLength(1)
  })
})
