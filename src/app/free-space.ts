import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'
import { bytes, formatSize, type Bytes } from '../domain/size.ts'

/** Less than this, and neither a journal line nor a lock nor a segment of WAL in the spool is sure to fit. */
const leastFree = bytes(64 * 2 ** 20)

/** Throws `storage-full` when a file system is too full to work in; a folder that is yet to be made counts as its parent. */
export function requireFreeSpace(folder: string, purpose: string, neededBytes: Bytes = leastFree): void {
  let existing = folder
  while (!existsSync(existing)) existing = dirname(existing)
  const { bavail, bsize } = statfsSync(existing)
  const free = bavail * bsize
  if (free >= neededBytes) return
  throw new HoldfastError(
    'storage-full',
    `${formatSize(free)} are free in ${existing}, and ${purpose} needs ${formatSize(neededBytes)}`,
    {
      hint: `df -h ${existing} shows the file system; free some space on it`,
    },
  )
}
