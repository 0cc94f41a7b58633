import { gunzipSync } from 'node:zlib'
import { instant, type Instant } from '../../domain/clock.ts'
import type { RecoveryWindow } from '../../domain/restore-point.ts'
import { lastTransactionIn } from './wal-segment.ts'
import type { ListedWindow } from './windows.ts'

/**
 * The windows with their true ends: the last transaction in the WAL behind the newest backup. The time at which a segment was
 * archived says nothing of that: a server that comes back after an hour without network archives in a moment what it wrote in
 * an hour, and dies before the rest.
 *
 * @param known windows of an earlier answer, so that no segment is fetched twice
 * @param fetch a file of the archive; undefined when it can't be read
 */
export async function withTrueEnds(
  listed: readonly ListedWindow[],
  known: readonly RecoveryWindow[],
  fetch: (path: string) => Promise<Uint8Array | undefined>,
): Promise<RecoveryWindow[]> {
  const windows: RecoveryWindow[] = []
  for (const { tail, ...window } of listed) {
    const before = known.find((one) => one.timeline === window.timeline && one.points[0] === window.points[0])
    // What was reached once is reached still: a window never loses WAL in its middle without ending there.
    const reached = before !== undefined && before.lastWal <= window.lastWal ? Math.max(window.to, before.to) : window.to
    const isOld = before?.lastWal === window.lastWal && before.archivedAt === window.archivedAt && before.to > window.to
    const seen = isOld ? undefined : await lastTransactionOf(tail, fetch)
    windows.push({ ...window, to: instant(Math.max(reached, seen ?? 0)) })
  }
  return windows
}

async function lastTransactionOf(
  tail: readonly string[],
  fetch: (path: string) => Promise<Uint8Array | undefined>,
): Promise<Instant | undefined> {
  for (const path of tail) {
    const file = await fetch(path)
    const segment = file && (await unpacked(path, file))
    const last = segment && lastTransactionIn(segment)
    if (last !== undefined) return last
  }
  return undefined
}

/** Undefined for what was damaged, or compressed by something else: what isn't seen doesn't count. */
async function unpacked(path: string, file: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    if (path.endsWith('.zst')) return (await import('fzstd')).decompress(file)
    if (path.endsWith('.gz')) return gunzipSync(file)
    return /\.\w+$/.test(path) ? undefined : file
  } catch {
    return undefined
  }
}
