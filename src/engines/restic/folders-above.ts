import { closeSync, constants, fchmodSync, fchownSync, fstatSync, futimesSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSystemError } from '../../domain/errors.ts'

/**
 * restic before 0.16 restores in place only from `/` on, and sets owner, mode and time of every folder above too, as they
 * were then: of `/srv`, of `/tmp`. This sets them back when the work is done, however it ends.
 *
 * They are held open meanwhile: whoever owns one may put a link in its place, and what that leads to is none of ours.
 */
export async function keepFoldersAbove<Result>(paths: readonly string[], work: () => Promise<Result>): Promise<Result> {
  const before = [...new Set(paths.flatMap(foldersAbove))].flatMap((path) => {
    const folder = openFolder(path)
    return folder === undefined ? [] : [{ folder, stats: fstatSync(folder) }]
  })
  try {
    return await work()
  } finally {
    for (const { folder, stats } of before) {
      fchownSync(folder, stats.uid, stats.gid)
      // After the owner: a change of it takes away some bits.
      fchmodSync(folder, stats.mode & 0o7777)
      futimesSync(folder, stats.atime, stats.mtime)
      closeSync(folder)
    }
  }
}

/** Undefined where there is none, or one that is not ours to change either. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    if (isSystemError(error) && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(error.code ?? '')) return undefined
    throw error
  }
}

function foldersAbove(path: string): string[] {
  const above = dirname(path)
  return above === path ? [] : [above, ...foldersAbove(above)]
}
