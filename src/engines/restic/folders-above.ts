import { chmodSync, chownSync, statSync, utimesSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * restic before 0.16 restores in place only from `/` on, and sets owner, mode and time of every folder above too, as they
 * were then: of `/srv`, of `/tmp`. This sets them back when the work is done, however it ends.
 */
export async function keepFoldersAbove<Result>(paths: readonly string[], work: () => Promise<Result>): Promise<Result> {
  const folders = new Set(paths.flatMap(foldersAbove))
  const before = [...folders].flatMap((folder) => {
    const stats = statSync(folder, { throwIfNoEntry: false })
    return stats === undefined ? [] : [{ folder, stats }]
  })
  try {
    return await work()
  } finally {
    for (const { folder, stats } of before) {
      chownSync(folder, stats.uid, stats.gid)
      // After the owner: a change of it takes away some bits.
      chmodSync(folder, stats.mode & 0o7777)
      utimesSync(folder, stats.atime, stats.mtime)
    }
  }
}

function foldersAbove(path: string): string[] {
  const above = dirname(path)
  return above === path ? [] : [above, ...foldersAbove(above)]
}
