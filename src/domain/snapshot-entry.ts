import type { Instant } from './clock.ts'
import type { Bytes } from './size.ts'

export type EntryKind = 'file' | 'folder' | 'link' | 'other'

/** Something that a snapshot holds, as it was when the snapshot was taken. */
export interface SnapshotEntry {
  /** Absolute, as it was on the source. */
  readonly path: string
  readonly kind: EntryKind
  /** Of files alone. */
  readonly sizeBytes?: Bytes
  /** When the content was last changed, as the source's file system said. */
  readonly modifiedAt: Instant
  /** Where a link points to; a mere listing of a folder doesn't tell. */
  readonly linkTarget?: string
}

/** What a path has become in a newer snapshot; `replaced` by something of another kind. */
export type ChangeKind = 'added' | 'removed' | 'modified' | 'replaced'

export interface EntryChange {
  readonly change: ChangeKind
  readonly path: string
  /** Whether it is a folder; what is in it is told by itself. */
  readonly folder: boolean
}

/** What only one of two snapshots holds. */
export interface ChangedAmount {
  readonly files: number
  readonly folders: number
  /** Data and records of folders, before compression. */
  readonly sizeBytes: Bytes
}

export interface ChangeTotals {
  readonly modifiedFiles: number
  readonly added: ChangedAmount
  readonly removed: ChangedAmount
}
