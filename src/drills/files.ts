import { lstatSync, opendirSync } from 'node:fs'
import { join } from 'node:path'
import type { Assertion } from '../domain/drill.ts'

/** What lies below a folder, the folder itself left out. */
export interface Counted {
  /** Files, folders, links and whatever else there is. */
  readonly entries: number
  /** Of files; one with several names counts once. */
  readonly sizeBytes: number
}

/** Asks whether restored files are all there. Paths of `mustExist` are absolute on the source. */
export function examineFiles(
  folder: string,
  { mustExist, recorded }: { readonly mustExist: readonly string[]; readonly recorded: Counted },
): { readonly assertions: readonly Assertion[]; readonly counted: Counted } {
  const counted = countBelow(folder)
  return { assertions: [countAssertion(counted, recorded), ...mustExist.map((path) => existsAssertion(folder, path))], counted }
}

function countAssertion(counted: Counted, recorded: Counted): Assertion {
  const text = ({ entries, sizeBytes }: Counted) => `${entries} entries of ${sizeBytes} bytes`
  const holds = counted.entries === recorded.entries && counted.sizeBytes === recorded.sizeBytes
  const what = 'as much came back as the snapshot holds'
  return { what, holds, said: holds ? text(counted) : `${text(counted)}, and the snapshot holds ${text(recorded)}` }
}

function existsAssertion(folder: string, path: string): Assertion {
  const what = `${path} exists and is not empty`
  const stats = lstatSync(join(folder, path), { throwIfNoEntry: false })
  if (stats === undefined) return { what, holds: false, said: 'it is not there' }
  if (stats.isDirectory())
    return isEmpty(join(folder, path)) ? { what, holds: false, said: 'it is empty' } : { what, holds: true }
  return stats.isFile() && stats.size === 0 ? { what, holds: false, said: 'it is empty' } : { what, holds: true }
}

function isEmpty(folder: string): boolean {
  const opened = opendirSync(folder)
  try {
    return opened.readSync() === null
  } finally {
    opened.closeSync()
  }
}

/** Folder by folder, because there may be millions of files. */
export function countBelow(folder: string): Counted {
  let entries = 0
  let sizeBytes = 0
  const linked = new Set<string>()
  const waiting = [folder]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const opened = opendirSync(next)
    try {
      for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
        entries += 1
        const path = join(next, entry.name)
        if (entry.isDirectory()) waiting.push(path)
        if (!entry.isFile()) continue
        const { size, nlink, ino, dev } = lstatSync(path)
        const name = `${dev}:${ino}`
        if (nlink > 1 && linked.has(name)) continue
        if (nlink > 1) linked.add(name)
        sizeBytes += size
      }
    } finally {
      opened.closeSync()
    }
  }
  return { entries, sizeBytes }
}
