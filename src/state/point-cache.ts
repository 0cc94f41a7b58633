import { join } from 'node:path'
import type { Instant } from '../domain/clock.ts'
import { isSystemError } from '../domain/errors.ts'
import type { RecoveryWindow, RestorePoint, UnreachableWal } from '../domain/restore-point.ts'
import type { Bytes } from '../domain/size.ts'
import { flag, listOf, number, object, oneOf, optional, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'

/** What an engine said of one component's restore points, and when it was asked. */
export interface PointSighting {
  readonly askedAt: Instant
  readonly points: readonly RestorePoint[]
  readonly windows: readonly RecoveryWindow[] | undefined
  readonly unreachable?: readonly UnreachableWal[] | undefined
  /** Bytes that the repository takes, where that was asked too. */
  readonly repositoryBytes: number | undefined
}

/** Remembers answers of the engines, so that `status` is instant. A cache: it may be deleted at any time. */
export interface PointCache {
  read(component: string): PointSighting | undefined
  /** Never fails for a file system that won't have it. */
  write(component: string, sighting: PointSighting): void
}

const instant = number<Instant>()

const point = object<RestorePoint>({
  id: text,
  kind: oneOf('snapshot', 'full', 'differential', 'incremental'),
  beganAt: instant,
  endedAt: instant,
  sizeBytes: optional(number<Bytes>()),
  addedBytes: optional(number<Bytes>()),
  dependsOn: listOf(text),
  hasErrors: flag,
  tags: listOf(text),
  pin: optional(text),
  timeline: optional(number()),
  archive: optional(text),
})

const window = object<RecoveryWindow>({
  from: instant,
  to: instant,
  archivedAt: instant,
  points: listOf(text),
  timeline: number(),
  archive: text,
  lastWal: text,
  brokenAfter: flag,
})

const wal = object<UnreachableWal>({
  archive: text,
  timeline: number(),
  firstWal: text,
  lastWal: text,
  from: instant,
  to: instant,
})

export const pointSightings = defineStateFile<PointSighting>({
  what: 'what an engine said of its points',
  version: 1,
  shape: object<PointSighting>({
    askedAt: instant,
    points: listOf(point),
    windows: optional(listOf(window)),
    unreachable: optional(listOf(wal)),
    repositoryBytes: optional(number()),
  }),
  mode: 0o640,
  folderMode: 0o750,
  keep: 'cache',
  whenUnusable: 'ignored',
})

export function openPointCache(directory: string): PointCache {
  const fileOf = (component: string) => join(directory, `${component}.json`)
  return {
    read: (component) => pointSightings.read(fileOf(component)),
    write(component, sighting) {
      try {
        pointSightings.write(fileOf(component), sighting)
      } catch (error) {
        // A full or read-only disk costs `status` some freshness, which it shows; it must not turn a backup that was made, or
        // an answer that was given, into a failure.
        if (!isSystemError(error)) throw error
      }
    },
  }
}
