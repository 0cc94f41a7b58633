import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join, resolve } from 'node:path'
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
  {
    mustExist,
    recorded,
    counted,
  }: { readonly mustExist: readonly string[]; readonly recorded: Counted; readonly counted: Counted },
): Assertion[] {
  return [countAssertion(counted, recorded), ...mustExist.map((path) => existsAssertion(folder, path))]
}

function countAssertion(counted: Counted, recorded: Counted): Assertion {
  const text = ({ entries, sizeBytes }: Counted) => `${entries} entries of ${sizeBytes} bytes`
  const holds = counted.entries === recorded.entries && counted.sizeBytes === recorded.sizeBytes
  const what = 'as much came back as the snapshot holds'
  return { what, holds, said: holds ? text(counted) : `${text(counted)}, and the snapshot holds ${text(recorded)}` }
}

function existsAssertion(folder: string, path: string): Assertion {
  const what = `${path} exists and is not empty`
  const { stats, at } = follow(folder, path)
  if (stats === undefined)
    return { what, holds: false, said: at === path ? 'it is not there' : `it leads to ${at}, which is not there` }
  const found = join(folder, at)
  const isEmpty = stats.isDirectory() ? readdirSync(found).length === 0 : stats.isFile() && stats.size === 0
  return isEmpty ? { what, holds: false, said: 'it is empty' } : { what, holds: true }
}

/** As many links in a row as Linux follows. */
const mostLinks = 40

/**
 * What a path of the source is among what was restored. Its links lead where they would on the source, but nowhere else: the live data
 * may still be where they point to, and says nothing of the backup.
 */
function follow(folder: string, path: string): { readonly at: string; readonly stats: Stats | undefined } {
  let at = '/'
  const left = path.split('/').toReversed()
  for (let links = 0; links <= mostLinks;) {
    const name = left.pop()
    if (name === undefined) return { at, stats: lstatSync(join(folder, at), { throwIfNoEntry: false }) }
    const next = resolve(at, name)
    const stats = lstatSync(join(folder, next), { throwIfNoEntry: false })
    if (stats === undefined) return { at: resolve(next, ...left.toReversed()), stats }
    if (!stats.isSymbolicLink()) {
      at = next
      continue
    }
    links += 1
    const target = readlinkSync(join(folder, next))
    if (target.startsWith('/')) at = '/'
    left.push(...target.split('/').toReversed())
  }
  return { at: path, stats: undefined }
}
