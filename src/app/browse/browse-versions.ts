import type { Instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import type { Bytes } from '../../domain/size.ts'
import type { EntryKind, SnapshotEntry } from '../../domain/snapshot-entry.ts'
import { pointName, type Browser } from './browse.ts'
import type { PointName } from '../../contract/browse.ts'
import { absoluteOnSource } from '../component/source-path.ts'

/** What a path was in a row of points. */
export interface PathVersion {
  readonly kind: EntryKind | 'absent'
  readonly sizeBytes?: Bytes
  readonly modifiedAt?: Instant
  readonly linkTarget?: string
  /** How many points in a row hold it so, from which to which. */
  readonly points: number
  readonly newest: PointName
  readonly oldest: PointName
  /** The words of the command that brings it back; absent where there is nothing to bring. */
  readonly restore?: readonly string[]
}

export interface PathVersions {
  readonly component: string
  readonly path: string
  /** Newest first. */
  readonly versions: readonly PathVersion[]
}

/** Everything that one path has been, over all points. Throws `path-unknown` when no point holds it. */
export async function versionsOf(browser: Browser, wanted: string): Promise<PathVersions> {
  const { component, browsing, points, work } = browser
  const path = absoluteOnSource(wanted, component.source)
  const entries = new Map<string, SnapshotEntry>()
  await browsing.findPaths(points, [path], (point, entry) => void entries.set(point.id, entry), work)
  if (entries.size === 0) {
    throw new HoldfastError('path-unknown', `no point of ${component.name} holds ${path}`, {
      hint: `holdfast browse find ${component.name} NAME looks for a name; holdfast browse list ${component.name} shows a folder`,
    })
  }
  const versions = foldVersions(points, entries).map((version): PathVersion =>
    version.kind === 'absent' ? version : { ...version, restore: restoreWords(component.name, version.newest.id, path) },
  )
  return { component: component.name, path, versions }
}

/**
 * Whether two sightings of a path are the same version: as far as a listing tells, without its content. A file that was
 * changed without a new size or time is what programs do that hide it.
 */
export const sameVersion = (one: SnapshotEntry | undefined, other: SnapshotEntry | undefined): boolean =>
  one?.kind === other?.kind &&
  one?.sizeBytes === other?.sizeBytes &&
  one?.modifiedAt === other?.modifiedAt &&
  one?.linkTarget === other?.linkTarget

/** Points in which a path was the same, or was not there, become one version; newest first. */
export function foldVersions(
  points: readonly RestorePoint[],
  entries: ReadonlyMap<string, SnapshotEntry>,
): Omit<PathVersion, 'restore'>[] {
  const rows: { entry: SnapshotEntry | undefined; points: [RestorePoint, ...RestorePoint[]] }[] = []
  for (const point of points.toReversed()) {
    const entry = entries.get(point.id)
    const row = rows.at(-1)
    if (row !== undefined && sameVersion(row.entry, entry)) row.points.push(point)
    else rows.push({ entry, points: [point] })
  }
  return rows.map(({ entry, points: held }) => {
    const seen = { points: held.length, newest: pointName(held[0]), oldest: pointName(held.at(-1) ?? held[0]) }
    if (entry === undefined) return { kind: 'absent' as const, ...seen }
    const { path: _path, ...known } = entry
    return { ...known, ...seen }
  })
}

const restoreWords = (component: string, point: string, path: string): string[] => {
  const short = shortPointId(point)
  return ['holdfast', 'restore', component, '--point', short, '--path', path, '--to', `/var/tmp/restored-${short}`]
}
