import { accessSync, constants, statSync } from 'node:fs'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import type { StorageCheck } from './port.ts'

/** A folder on this machine, usually a mounted disk. It is made by setup alone: an unmounted disk must not turn green. */
export function createDirectoryStorage(path: string): StorageCheck {
  return {
    check: async () => {
      try {
        if (!statSync(path).isDirectory()) {
          throw new HoldfastError('configuration', `the storage ${path} is not a folder`, { hint: 'correct storage.directory' })
        }
        accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
      } catch (error) {
        if (!isSystemError(error)) throw error
        if (error.code === 'ENOENT') {
          throw new HoldfastError('repository-missing', `the storage ${path} does not exist`, {
            hint: 'is the disk mounted? For a new storage: holdfast setup apply',
            cause: error,
          })
        }
        throw new HoldfastError('storage-denied', `the storage ${path} cannot be written: ${error.message}`, {
          hint: 'check its owner and mode, and whether it is mounted read-only',
          cause: error,
        })
      }
    },
  }
}
