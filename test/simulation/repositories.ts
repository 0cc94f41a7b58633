import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What lies in the repositories, seen without Holdfast and without an engine. */

export function snapshotsIn(repository: string): string[] {
  const folder = join(repository, 'snapshots')
  return existsSync(folder) ? readdirSync(folder) : []
}

export function baseBackupsIn(repository: string): string[] {
  const folder = join(repository, 'backup/database')
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{8}-\d{6}F/.test(name) && isWhole(join(folder, name))) : []
}

/** A backup that was killed has no manifest yet, only a copy of one. */
const isWhole = (folder: string): boolean => existsSync(join(folder, 'backup.manifest'))

/** Names of archived segments of WAL, oldest first. */
export function segmentsIn(repository: string): string[] {
  return segmentFiles(repository)
    .map(({ segment }) => segment)
    .toSorted()
}

export function removeSegment(repository: string, segment: string): void {
  const found = segmentFiles(repository).find((file) => file.segment === segment)
  if (found === undefined) throw new Error(`WAL segment ${segment} is not in the archive`)
  rmSync(found.file)
}

function segmentFiles(repository: string): { segment: string; file: string }[] {
  const folder = join(repository, 'archive/database')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const segment = /\/([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/.exec(name)?.[1]
    return segment === undefined ? [] : [{ segment, file: join(folder, name) }]
  })
}

export function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0)
}
