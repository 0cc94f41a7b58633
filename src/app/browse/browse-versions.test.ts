import { expect, test } from 'vitest'
import { instant } from '../../domain/clock.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { bytes } from '../../domain/size.ts'
import type { SnapshotEntry } from '../../domain/snapshot-entry.ts'
import { foldVersions } from './browse-versions.ts'

const pointOf = (day: number): RestorePoint => ({
  id: String(day).repeat(64),
  kind: 'snapshot',
  beganAt: instant(day),
  endedAt: instant(day),
  dependsOn: [],
  hasErrors: false,
  tags: [],
})

/** The file on some days: its size, or undefined where it was not there. */
function versionsOver(sizes: readonly (number | undefined)[]): unknown[] {
  const points = sizes.map((_size, day) => pointOf(day))
  const entries = new Map<string, SnapshotEntry>()
  for (const [day, size] of sizes.entries()) {
    if (size === undefined) continue
    entries.set(pointOf(day).id, { path: '/srv/a', kind: 'file', sizeBytes: bytes(size), modifiedAt: instant(0) })
  }
  return foldVersions(points, entries).map(({ sizeBytes, points: count, newest, oldest }) => [
    sizeBytes,
    count,
    newest.at,
    oldest.at,
  ])
}

test('equal ones in a row are one version, newest first', () => {
  expect(versionsOver([1, 1, 2, 2, 2])).toEqual([
    [2, 3, 4, 2],
    [1, 2, 1, 0],
  ])
})

test('one that comes back is a version of its own, and absence is told', () => {
  expect(versionsOver([undefined, 1, undefined, undefined, 1])).toEqual([
    [1, 1, 4, 4],
    [undefined, 2, 3, 2],
    [1, 1, 1, 1],
    [undefined, 1, 0, 0],
  ])
})
