import type { Instant } from './clock.ts'
import type { Bytes } from './size.ts'

/** The kinds of base backup of a database. */
export type DatabaseBackupKind = 'full' | 'differential' | 'incremental'

/** What a point is: a snapshot of files, or a base backup of a database. */
export type RestorePointKind = 'snapshot' | DatabaseBackupKind

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
  /** For a base backup: the archive that holds its WAL. It begins with the major version that the restored cluster needs. */
  readonly archive?: string
}

/** A name in a repository that is made of times, and the latest of them. */
export interface DatedName {
  readonly id: string
  readonly at: Instant
}

/** A stretch of time in which any second can be restored, all of it on one timeline. */
export interface RecoveryWindow {
  readonly from: Instant
  /** The last instant that the WAL in the archive is seen to reach: no second up to here depends on a server that still lives. */
  readonly to: Instant
  /** When the last segment arrived. Whether all that was committed until then is in it, only a restore can tell. */
  readonly archivedAt: Instant
  /** The base backups in it, oldest first. Recovery to an instant begins at the newest that ended before. */
  readonly points: readonly string[]
  readonly timeline: number
  /** The archive that holds its WAL, such as `15-1`: a cluster's major version, and a number that grows with every upgrade. */
  readonly archive: string
  /** The last segment of WAL that recovery can reach; one that ends before it has met something unreadable. */
  readonly lastWal: string
  /** WAL is missing behind it, and goes on later: not the end of what was archived, but a hole in it. */
  readonly brokenAfter: boolean
}

/** WAL that lies in the archive and that no base backup leads to: behind a hole, or on a timeline that nothing finds the way to. */
export interface UnreachableWal {
  readonly archive: string
  readonly timeline: number
  readonly firstWal: string
  readonly lastWal: string
  /** When the first and the last of it were archived. */
  readonly from: Instant
  readonly to: Instant
}

/** What recovery can reach, and what it can't. */
export interface Recoverability {
  /** The archive that takes WAL now. */
  readonly archive: string
  /** Oldest first, free of holes. */
  readonly windows: readonly RecoveryWindow[]
  /** Only what is newer than the newest window; empty when that one goes on to the end of the archive. */
  readonly unreachable: readonly UnreachableWal[]
}

/**
 * How people see an id: a snapshot's by its first eight digits, as restic shows it; a differential's or incremental's
 * label (`20260101-030002F_20260126-030004D`) by its own part, without that of its full backup.
 */
export function shortPointId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 8) : id.slice(id.indexOf('_') + 1)
}

/** A PostgreSQL cluster as it knows itself: its major version, and the number that initdb or pg_upgrade gave it. */
export interface ClusterIdentity {
  readonly majorVersion: string
  /** Sixty-four bits, in decimal digits. */
  readonly systemId: string
}

/** The major version that restored base backups of an archive need. */
export const majorVersionOf = (archive: string): string => archive.slice(0, archive.indexOf('-'))
