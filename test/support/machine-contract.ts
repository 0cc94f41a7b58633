import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Machine } from '../../src/machine/port.ts'
import type { FakeTree } from './fake-machine.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What a tree of this shape is, whoever is asked. */
export const plantedTree = (root: string): FakeTree => ({
  [`${root}/folder/file`]: 'abc',
  [`${root}/folder/below/deep`]: 'défg',
  [`${root}/folder/empty`]: null,
  [`${root}/folder/inner-link`]: { link: 'file' },
  [`${root}/link`]: { link: 'folder' },
  [`${root}/absolute`]: { link: `${root}/link/below` },
  [`${root}/upwards`]: { link: 'folder/below/../file' },
  [`${root}/dangling`]: { link: 'nowhere/file' },
  [`${root}/round`]: { link: 'round' },
})

export function plant(tree: FakeTree): void {
  for (const [path, node] of Object.entries(tree)) {
    mkdirSync(node === null ? path : dirname(path), { recursive: true })
    if (typeof node === 'string') writeFileSync(path, node)
    else if (node !== null) symlinkSync(node.link, path)
  }
}

/** What every machine promises. */
export function describeMachine(name: string, machineWith: (tree: FakeTree) => Machine): void {
  const planted = () => {
    const root = temporaryFolder()
    return { root, machine: machineWith(plantedTree(root)) }
  }
  const codeOf = async (work: () => Promise<unknown>): Promise<unknown> =>
    work().then(
      () => undefined,
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    )

  describe(`${name} as a machine`, () => {
    test('was started at some time, and has a name', () => {
      const { machine } = planted()
      expect(machine.boot().id).not.toBe('')
      expect(machine.boot().uptimeMs).toBeGreaterThan(0)
      expect(machine.hostName()).toMatch(/^\S+$/)
    })

    test('looks at a path, and follows it', async () => {
      const { root, machine } = planted()
      const kinds = async (path: string) => [(await machine.look(path))?.kind, (await machine.follow(path))?.kind]
      expect(await kinds(`${root}/folder/file`)).toEqual(['file', 'file'])
      expect(await kinds(`${root}/folder`)).toEqual(['directory', 'directory'])
      expect(await kinds(`${root}/link`)).toEqual(['link', 'directory'])
      expect(await kinds(`${root}/absolute`)).toEqual(['link', 'directory'])
      expect(await kinds(`${root}/upwards`)).toEqual(['link', 'file'])
      expect(await kinds(`${root}/link/file`)).toEqual(['file', 'file'])
      expect(await kinds(`${root}/dangling`)).toEqual(['link', undefined])
      expect(await kinds(`${root}/missing`)).toEqual([undefined, undefined])
      expect(await kinds(`${root}/folder/file/below`)).toEqual([undefined, undefined])
      expect((await machine.look(`${root}/folder/below/deep`))?.sizeBytes).toBe(5)
      expect(await codeOf(() => machine.follow(`${root}/round`))).toBe('ELOOP')
    })

    test('lists a folder, also through a link', async () => {
      const { root, machine } = planted()
      expect([...(await machine.list(`${root}/link`))].toSorted()).toEqual(['below', 'empty', 'file', 'inner-link'])
      expect(await machine.list(`${root}/folder/empty`)).toEqual([])
      expect(await codeOf(() => machine.list(`${root}/missing`))).toBe('ENOENT')
      expect(await codeOf(() => machine.list(`${root}/folder/file`))).toBe('ENOTDIR')
    })

    test('knows the real path of what is there, and of what is yet to be made', async () => {
      const { root, machine } = planted()
      expect(await machine.realPath(`${root}/absolute/deep`)).toBe(`${root}/folder/below/deep`)
      expect(await machine.realPath(`${root}/link/new/one`)).toBe(`${root}/folder/new/one`)
      expect(await machine.realPath('/nowhere/at/all')).toBe('/nowhere/at/all')
      expect(await machine.realPath('/')).toBe('/')
    })

    test('tells how much is free, of what is yet to be made where it will be', async () => {
      const { root, machine } = planted()
      const space = await machine.freeSpace(`${root}/folder/new/one`)
      expect(space.path).toBe(`${root}/folder`)
      expect(space.device).toBe((await machine.follow(root))?.device)
      expect(space.sizeBytes).toBeGreaterThanOrEqual(space.freeBytes)
      expect((await machine.freeSpace(root)).path).toBe(root)
    })

    test('measures trees and single files, and what is missing as nothing', async () => {
      const { root, machine } = planted()
      const sizes = await machine.measure([`${root}/folder`])
      expect(sizes).toMatchObject({ entries: 5, files: 3, sizeBytes: 8 })
      expect(await machine.measure([`${root}/folder/file`, `${root}/missing`])).toMatchObject({ files: 1, sizeBytes: 3 })
      // A link is measured, and not what it leads to.
      expect(await machine.measure([`${root}/link`])).toMatchObject({ files: 1, sizeBytes: 0 })
      expect(await machine.measure([])).toMatchObject({ entries: 0, files: 0, sizeBytes: 0 })
    })
  })
}

/**
 * What a machine does that it should not, where a file system does not answer: none of its questions about `dead`, nor about a link
 * to it, may get another answer than `timeout`; what lies beside it can be looked at all the same.
 */
export async function silenceOf(machine: Machine, root: string, dead: string): Promise<string[]> {
  const wrong: string[] = []
  const expectSilent = async (question: string, asked: Promise<unknown>) => {
    const code = await asked.then(
      () => 'an answer',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    )
    if (code !== 'timeout') wrong.push(`${question}: ${code}`)
  }
  for (const path of [dead, `${dead}/file`, `${root}/link-to-dead`, `${root}/link-to-dead/file`]) {
    await expectSilent(`follow ${path}`, machine.follow(path))
    await expectSilent(`list ${path}`, machine.list(path))
    await expectSilent(`free space of ${path}`, machine.freeSpace(path))
    await expectSilent(`real path of ${path}`, machine.realPath(path))
    await expectSilent(`answer of ${path}`, machine.requireAnswer(path))
  }
  await expectSilent('look', machine.look(dead))
  await expectSilent('measure', machine.measure([dead]))
  if ((await machine.look(`${root}/link-to-dead`))?.kind !== 'link') wrong.push('the link itself')
  if ((await machine.look(`${root}/beside`))?.kind !== 'file') wrong.push('the file beside')
  return wrong
}
