import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, makeFolder, replaceFile } from '../disk/replace-file.ts'
import { HoldfastError, isHoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import { ownFolders } from '../domain/repository.ts'
import type { Machine } from '../machine/port.ts'
import type { SiteStorage } from './port.ts'

const kept = { mode: 0o600, keep: 'durable' } as const

/**
 * A folder on this machine, usually a mounted disk. It is made by setup alone: an unmounted disk must not turn green.
 *
 * @param path absolute
 */
export function createDirectoryStorage(path: string, site: string, machine: Pick<Machine, 'requireAnswer'>): SiteStorage {
  const objects = join(path, site, ownFolders.objects)
  const inObjects = (name: string): string => {
    // Its two users, root and the owner of a cluster, get to the repositories beside it; what is in here is for root.
    makeFolder(objects, 0o755)
    return join(objects, name)
  }
  return {
    check: () => checkFolder(machine, path, objects),
    readObject: async (name) => {
      await checkFolder(machine, path, objects)
      return attempt(path, () => readFileSync(join(objects, name)), 'ENOENT')
    },
    writeObject: async (name, content) => {
      await checkFolder(machine, path, objects)
      attempt(path, () => replaceFile(inObjects(name), content, kept))
    },
    createObject: async (name, content) => {
      await checkFolder(machine, path, objects)
      return attempt(path, () => createFile(inObjects(name), content, kept)) ?? false
    },
    listFolders: async (folder) => {
      await checkFolder(machine, path, join(path, folder))
      return foldersIn(path, join(path, folder))
    },
  }
}

/** @param inside what is looked at next: a disk may be mounted below the storage's own folder */
async function checkFolder(machine: Pick<Machine, 'requireAnswer'>, path: string, inside: string): Promise<void> {
  try {
    await machine.requireAnswer(inside)
    if (!statSync(path).isDirectory()) {
      throw new HoldfastError('configuration', `the storage ${path} is not a folder`, { hint: 'correct storage.directory' })
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'timeout') {
      throw new HoldfastError('storage-unreachable', error.message, { hint: error.hint, cause: error })
    }
    if (!isSystemError(error)) throw error
    if (error.code === 'ENOENT') {
      throw new HoldfastError('repository-missing', `the storage ${path} does not exist`, {
        hint: 'is the disk mounted? For a new storage: holdfast setup apply',
        cause: error,
      })
    }
    throw denied(path, error)
  }
}

function denied(path: string, error: NodeJS.ErrnoException): HoldfastError {
  return new HoldfastError('storage-denied', `the storage ${path} cannot be written: ${systemErrorText(error)}`, {
    hint: 'check its owner and mode, and whether it is mounted read-only',
    cause: error,
  })
}

/** @param expected the system's code for "no", which comes back as undefined */
function attempt<Result>(path: string, work: () => Result, expected?: string): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (!isSystemError(error) || error.code === 'ENOSPC') throw error
    if (error.code === expected) return undefined
    throw denied(path, error)
  }
}

function foldersIn(storage: string, folder: string): string[] {
  const entries = attempt(storage, () => readdirSync(folder, { withFileTypes: true }), 'ENOENT') ?? []
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}
