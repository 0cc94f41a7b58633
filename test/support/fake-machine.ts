import { dirname, join } from 'node:path'
import { HoldfastError } from '../../src/domain/errors.ts'
import type { Boot, FreeSpace, Kernel, Machine, Mount, PathFacts, TreeSize } from '../../src/machine/port.ts'

/** By path: the text of a file, null for a folder, or where a link leads. Folders above are there by themselves. */
export type FakeTree = Readonly<Record<string, string | null | { readonly link: string }>>

export interface FakeMachineOptions {
  readonly boot?: Partial<Boot>
  readonly hostName?: string
  readonly mounts?: readonly Mount[]
  readonly tree?: FakeTree
  /** Folders whose file system does not answer. */
  readonly dead?: readonly string[]
  readonly space?: Pick<FreeSpace, 'freeBytes' | 'sizeBytes'>
}

/** A kernel that was started ninety days ago, unless told otherwise. */
export const fakeKernel = ({ boot, hostName = 'pi', mounts = [] }: FakeMachineOptions = {}): Kernel => ({
  boot: () => ({ id: 'first-boot', uptimeMs: 90 * 86_400_000, ...boot }),
  hostName: () => hostName,
  controlGroups: () => '0::/\n',
  mounts: () => mounts,
})

/** As many links in a row as Linux follows. */
const mostLinks = 40

const systemError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code, errno: -1 })

/** A machine that is a table. It keeps what test/support/machine-contract.ts asks of the real one. */
export function fakeMachine(options: FakeMachineOptions = {}): Machine {
  const { tree = {}, dead = [], space = { freeBytes: 1e12, sizeBytes: 2e12 } } = options
  const kernel = fakeKernel(options)
  const paths = Object.keys(tree)
  const nodeAt = (path: string) =>
    path === '/' || paths.some((one) => one.startsWith(`${path}/`)) ? (tree[path] ?? null) : tree[path]

  const touch = (path: string) => {
    const folder = dead.find((one) => path === one || path.startsWith(`${one}/`))
    if (folder !== undefined) throw new HoldfastError('timeout', `${path} does not answer`)
  }

  /** Where a path leads; undefined when there is nothing, and an error where links go round. */
  function walk(path: string, followsLast: boolean): string | undefined {
    const left = path.split('/').toReversed()
    let at = '/'
    for (let links = 0; links <= mostLinks;) {
      const name = left.pop()
      if (name === undefined) return at
      const next = join(at, name)
      touch(next)
      const node = nodeAt(next)
      if (node === undefined || (typeof node === 'string' && left.some((one) => one !== ''))) return undefined
      if (node === null || typeof node === 'string' || (left.length === 0 && !followsLast)) {
        at = next
        continue
      }
      links += 1
      if (node.link.startsWith('/')) at = '/'
      left.push(...node.link.split('/').toReversed())
    }
    throw systemError('ELOOP', path)
  }

  function factsAt(path: string | undefined): PathFacts | undefined {
    if (path === undefined) return undefined
    const node = nodeAt(path)
    const kind = node === null ? 'directory' : typeof node === 'string' ? 'file' : 'link'
    const device = kernel.mounts().findIndex(({ point }) => path === point || path.startsWith(`${point}/`))
    return { kind, device, sizeBytes: typeof node === 'string' ? Buffer.byteLength(node) : 0, modifiedMs: 0 }
  }

  const nearest = (path: string): string => (walk(path, true) === undefined ? nearest(dirname(path)) : path)

  function realPathOf(path: string): string {
    const parent = dirname(path)
    return walk(path, true) ?? join(realPathOf(parent), path.slice(parent.length))
  }

  function measure(roots: readonly string[]): TreeSize {
    const size = { entries: 0, files: 0, sizeBytes: 0 }
    const below = (root: string) => {
      const all = paths.flatMap((path) => (path.startsWith(`${root}/`) ? partsBetween(root, path) : []))
      return [...new Set(all)]
    }
    for (const root of roots) {
      const found = walk(root, false)
      if (found === undefined) continue
      const isFolder = nodeAt(found) === null
      for (const path of isFolder ? below(found) : [found]) {
        const facts = factsAt(path)
        size.entries += 1
        if (facts?.kind !== 'directory') size.files += 1
        size.sizeBytes += facts?.sizeBytes ?? 0
      }
    }
    return size
  }

  return {
    ...kernel,
    requireAnswer: async (path) => void walk(path, true),
    look: async (path) => factsAt(walk(path, false)),
    follow: async (path) => factsAt(walk(path, true)),
    async list(folder) {
      const found = walk(folder, true)
      if (found === undefined) throw systemError('ENOENT', folder)
      if (nodeAt(found) !== null) throw systemError('ENOTDIR', folder)
      const inside = paths.filter((path) => path.startsWith(found === '/' ? '/' : `${found}/`))
      return [...new Set(inside.map((path) => path.slice(found === '/' ? 1 : found.length + 1).split('/')[0] ?? ''))]
    },
    async freeSpace(path) {
      const existing = nearest(path)
      return { path: existing, device: factsAt(walk(existing, true))?.device ?? 0, ...space }
    },
    realPath: async (path) => realPathOf(path),
    measure: async (roots) => measure(roots),
  }
}

/** A path and all folders between it and the root, the root left out. */
function partsBetween(root: string, path: string): string[] {
  return path === root ? [] : [...partsBetween(root, dirname(path)), path]
}
