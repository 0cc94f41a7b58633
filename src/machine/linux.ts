import { existsSync, lstatSync, readdirSync, realpathSync, statfsSync, statSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSystemError } from '../domain/errors.ts'
import { answerGate, type MachineOptions } from './answer.ts'
import { linuxKernel } from './kernel.ts'
import type { Machine, PathFacts } from './port.ts'
import { measureTrees } from './tree-size.ts'

/** This machine. It looks at no file system that has not answered. */
export function createMachine(options: MachineOptions): Machine {
  const requireAnswer = answerGate(options)
  return {
    ...linuxKernel,
    requireAnswer,
    async look(path) {
      await requireAnswer(path, false)
      return factsOf(() => lstatSync(path, { throwIfNoEntry: false }))
    },
    async follow(path) {
      await requireAnswer(path)
      return factsOf(() => statSync(path, { throwIfNoEntry: false }))
    },
    async list(folder) {
      await requireAnswer(folder)
      return readdirSync(folder)
    },
    async freeSpace(path) {
      await requireAnswer(path)
      const existing = nearestExisting(path)
      const { bavail, bsize, blocks } = statfsSync(existing)
      return { path: existing, device: statSync(existing).dev, freeBytes: bavail * bsize, sizeBytes: blocks * bsize }
    },
    async realPath(path) {
      await requireAnswer(path)
      return realPathOf(path)
    },
    async measure(paths) {
      for (const path of paths) await requireAnswer(path, false)
      return measureTrees(paths)
    },
  }
}

function factsOf(read: () => Stats | undefined): PathFacts | undefined {
  const stats = orNothing(read)
  if (stats === undefined) return undefined
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'other'
  return { kind, device: stats.dev, sizeBytes: stats.size, modifiedMs: stats.mtimeMs }
}

/** What would lie below a file is nothing, too. */
function orNothing<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

const nearestExisting = (path: string): string => (existsSync(path) || path === '/' ? path : nearestExisting(dirname(path)))

function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realPathOf(parent), path.slice(parent.length))
  }
}
