import type { Found, FoundPath } from '../../contract/browse.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { SnapshotEntry } from '../../domain/snapshot-entry.ts'
import { pointName, type Browser } from './browse.ts'
import type { NamePattern } from '../../engines/file-port.ts'
import { sameVersion } from './browse-versions.ts'

interface Finding {
  readonly newest: RestorePoint
  readonly shown: SnapshotEntry
  oldest: RestorePoint
  last: SnapshotEntry
  points: number
  versions: number
}

/** Looks for a name in all points of a component. */
export async function findName(browser: Browser, pattern: NamePattern, limit: number): Promise<Found> {
  const { component, browsing, points, work } = browser
  const findings = new Map<string, Finding>()
  const beyond = new Set<string>()
  await browsing.find(
    points,
    pattern,
    (point, entry) => {
      const known = findings.get(entry.path)
      if (known !== undefined) {
        if (!sameVersion(known.last, entry)) known.versions += 1
        known.oldest = point
        known.last = entry
        known.points += 1
      } else if (findings.size < limit) {
        findings.set(entry.path, { newest: point, shown: entry, oldest: point, last: entry, points: 1, versions: 1 })
      } else {
        beyond.add(entry.path)
      }
    },
    work,
  )
  const paths = [...findings.values()].map(({ shown, newest, oldest, points: count, versions }): FoundPath => {
    const { path, kind, sizeBytes, modifiedAt } = shown
    const size = sizeBytes === undefined ? {} : { sizeBytes }
    return { path, kind, ...size, modifiedAt, points: count, newest: pointName(newest), oldest: pointName(oldest), versions }
  })
  return { component: component.name, pattern: pattern.glob, searched: points.length, paths, more: beyond.size }
}
