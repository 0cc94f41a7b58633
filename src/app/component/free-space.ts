import { HoldfastError, toHoldfastError } from '../../domain/errors.ts'
import { bytes, formatSize, type Bytes } from '../../domain/size.ts'
import type { Machine } from '../../machine/port.ts'

/** Less than this, and neither a journal line nor a lock nor a segment of WAL in the spool is sure to fit. */
const leastFree = bytes(64 * 2 ** 20)

/** Throws `storage-full` when a file system is too full to work in; a folder that is yet to be made counts as its parent. */
export async function requireFreeSpace(
  machine: Machine,
  folder: string,
  purpose: string,
  neededBytes: Bytes = leastFree,
): Promise<void> {
  const { path: existing, freeBytes } = await machine.freeSpace(folder)
  if (freeBytes >= neededBytes) return
  throw new HoldfastError(
    'storage-full',
    `${formatSize(freeBytes)} are free in ${existing}, and ${purpose} needs ${formatSize(neededBytes)}`,
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

/**
 * What failed, as what it is on a disk without room for one more segment of WAL: engines and servers that meet its end say all
 * kinds of things.
 */
export async function orFullDisk(machine: Machine, thrown: unknown, folder: string): Promise<unknown> {
  const { code, message, detail } = toHoldfastError(thrown)
  const space = await machine.freeSpace(folder).catch(() => undefined)
  if (space === undefined || space.freeBytes >= 2 ** 24 || code === 'interrupted') return thrown
  const { path: existing } = space
  return new HoldfastError('storage-full', `the disk under ${existing} is full: ${message}`, {
    hint: `df -h ${existing} shows the file system; free some space on it`,
    detail,
    cause: thrown,
  })
}
