import type { Instant } from './clock.ts'
import type { Bytes } from './size.ts'

/** What a point is: a restic snapshot, or a pgBackRest base backup of one of its three kinds. */
export type RestorePointKind = 'snapshot' | 'full' | 'differential' | 'incremental'

/** Something that can be restored whole by its name. */
export interface RestorePoint {
  /** The engine's own name for it: a snapshot's id (64 hex digits) or a backup label. */
  readonly id: string
  readonly kind: RestorePointKind
  readonly beganAt: Instant
  /** When the data in it was complete. For a base backup: the earliest instant it can be recovered to. */
  readonly endedAt: Instant
  /** Size of the source as it was then; unknown for snapshots of engines that don't record it. */
  readonly sizeBytes?: Bytes
  /** What it added to the repository, after deduplication and compression. */
  readonly addedBytes?: Bytes
  /** The points that must exist for this one to be restorable. */
  readonly dependsOn: readonly string[]
  /** The engine found errors in the source while taking it (bad page checksums): restorable, but not good. */
  readonly hasErrors: boolean
  readonly tags: readonly string[]
  /** Why it is kept for ever; absent when it is not pinned. It stands in the repository itself. */
  readonly pin?: string
  /** The timeline that a base backup was taken on; PostgreSQL begins a new one with every promotion. */
  readonly timeline?: number
}

/** A stretch of time in which any second can be restored, all of it on one timeline. */
export interface RecoveryWindow {
  readonly from: Instant
  readonly to: Instant
  /** The base backups in it, oldest first. Recovery to an instant begins at the newest that ended before. */
  readonly points: readonly string[]
  readonly timeline: number
  /** The last segment of WAL that recovery can reach; one that ends before it has met something unreadable. */
  readonly lastWal: string
}

/**
 * How people see an id: a snapshot's by its first eight digits, as restic shows it; a differential's or incremental's
 * label (`20260101-030002F_20260126-030004D`) by its own part, without that of its full backup.
 */
export function shortPointId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 8) : id.slice(id.indexOf('_') + 1)
}
