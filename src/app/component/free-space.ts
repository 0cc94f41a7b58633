import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { HoldfastError, toHoldfastError } from '../../domain/errors.ts'
import { bytes, formatSize, type Bytes } from '../../domain/size.ts'

/** Less than this, and neither a journal line nor a lock nor a segment of WAL in the spool is sure to fit. */
const leastFree = bytes(64 * 2 ** 20)

/** Throws `storage-full` when a file system is too full to work in; a folder that is yet to be made counts as its parent. */
export function requireFreeSpace(folder: string, purpose: string, neededBytes: Bytes = leastFree): void {
  const { path: existing, freeBytes: free } = freeSpaceOf(folder)
  if (free >= neededBytes) return
  throw new HoldfastError(
    'storage-full',
    `${formatSize(free)} are free in ${existing}, and ${purpose} needs ${formatSize(neededBytes)}`,
    {
      hint: `df -h ${existing} shows the file system; free some space on it`,
    },
  )
}

/** Less than this is little everywhere; on a small file system, a tenth of it. */
const spareBytes = 1e9
const spareShare = 0.1

/** What must stay free on a file system of that size for those who live there. */
export const spareOf = (sizeBytes: number): number => Math.min(spareBytes, sizeBytes * spareShare)

/** The same for a restore. A drill, which nobody has asked for at that moment, leaves others what they need: a server that meets the end of its disk stops. */
export function requireRoom(folder: string, neededBytes: Bytes, drill: object | undefined): void {
  if (drill === undefined) requireFreeSpace(folder, 'the restore', neededBytes)
  else
    requireFreeSpace(
      folder,
      'the drill, which must leave some to others,',
      bytes(neededBytes + spareOf(freeSpaceOf(folder).sizeBytes)),
    )
}

/**
 * What failed, as what it is on a disk without room for one more segment of WAL: engines and servers that meet its end say all
 * kinds of things.
 */
export function orFullDisk(thrown: unknown, folder: string): unknown {
  const { path: existing, freeBytes: free } = freeSpaceOf(folder)
  const { code, message, detail } = toHoldfastError(thrown)
  if (free >= 2 ** 24 || code === 'interrupted') return thrown
  return new HoldfastError('storage-full', `the disk under ${existing} is full: ${message}`, {
    hint: `df -h ${existing} shows the file system; free some space on it`,
    detail,
    cause: thrown,
  })
}

/** A file system, as the folder that was asked for sees it. */
export interface FreeSpace {
  /** The folder, or the nearest one above that exists. */
  readonly path: string
  readonly freeBytes: number
  readonly sizeBytes: number
}

/** A folder that is yet to be made counts as its parent. */
export function freeSpaceOf(folder: string): FreeSpace {
  let path = folder
  while (!existsSync(path)) path = dirname(path)
  const { bavail, bsize, blocks } = statfsSync(path)
  return { path, freeBytes: bavail * bsize, sizeBytes: blocks * bsize }
}
