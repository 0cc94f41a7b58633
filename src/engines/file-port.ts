import type { RestorePoint } from '../domain/restore-point.ts'
import type { Bytes } from '../domain/size.ts'
import type { ChangeTotals, EntryChange, SnapshotEntry } from '../domain/snapshot-entry.ts'
import type { Engine, EngineContext, RestoreInto } from './port.ts'

/** An engine that backs up files. A backup is a snapshot of the component's paths. */
export interface FileEngine extends Engine<SnapshotRequest, FileRestoreRequest> {
  /** Frees what no snapshot needs any more. */
  prune(context: EngineContext): Promise<void>
  /** Bytes of a part of a snapshot. Throws `path-unknown` for a path or pattern that finds nothing in it. */
  measure(part: SnapshotPart, context: EngineContext): Promise<Bytes>
  /** What a restore of the whole snapshot brings: files, folders and links, and the bytes of files. */
  count(point: RestorePoint, context: EngineContext): Promise<SnapshotCount>
  /** What a restore over live files can do with this version. */
  overwriting(context: EngineContext): Promise<Overwriting>
  /** Paths that a restore with `deletes` would delete. */
  listDeletions(request: FileRestoreRequest, context: EngineContext): Promise<readonly string[]>
  /** Looks into snapshots without restoring them; its code is loaded when it is asked for. */
  browsing(): Promise<Browsing>
}

export interface SnapshotRequest {
  /** Why the new snapshot is to be kept for ever; absent when it is not. */
  readonly pin?: string | undefined
}

/** Paths and patterns are absolute, as on the source. Neither: everything. */
export interface SnapshotPart {
  readonly point: RestorePoint
  readonly paths: readonly string[]
  /** With `*`, `?`, `[a-z]`, and `**` for any depth. */
  readonly patterns?: readonly string[]
}

/** The target is the root of the file system for files that go back to where they came from. */
export interface FileRestoreRequest extends SnapshotPart, RestoreInto {
  /** Over live files: what the snapshot lacks is deleted, in what was asked for. */
  readonly deletes?: boolean
  /** What was written is read again and compared with the snapshot; called when all is written and that begins. */
  readonly verifies?: (() => void) | undefined
}

export interface SnapshotCount {
  readonly entries: number
  readonly sizeBytes: Bytes
}

export interface Overwriting {
  /** A link that stands where a file comes back is replaced, not followed. */
  readonly replacesLinks: boolean
  /** What isn't in the snapshot can be deleted. */
  readonly deletes: boolean
}

/** A pattern of names: the glob characters of a shell, and `**` for any folders between. */
export interface NamePattern {
  readonly glob: string
  readonly ignoreCase: boolean
}

/**
 * Looks into points. Every verb takes one process of the engine, however many points it asks, and hands over what it finds
 * as it comes, because a snapshot may hold millions of files.
 */
export interface Browsing {
  /** Each path itself, where the point holds it, and what lies directly in it. */
  list(point: RestorePoint, paths: readonly string[], tell: (entry: SnapshotEntry) => void, context: EngineContext): Promise<void>
  /** Everything of a name in some points, point by point, newest first. Throws `usage` for a pattern that is none. */
  find(
    points: readonly RestorePoint[],
    pattern: NamePattern,
    tell: (point: RestorePoint, entry: SnapshotEntry) => void,
    context: EngineContext,
  ): Promise<void>
  /** Exactly these paths in some points, point by point, newest first. */
  findPaths(
    points: readonly RestorePoint[],
    paths: readonly string[],
    tell: (point: RestorePoint, entry: SnapshotEntry) => void,
    context: EngineContext,
  ): Promise<void>
  /** What became different on the way from one point to another, in the order of paths. */
  diff(from: RestorePoint, to: RestorePoint, tell: (change: EntryChange) => void, context: EngineContext): Promise<ChangeTotals>
}
