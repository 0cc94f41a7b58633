import type { Instant } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import type { Price } from '../../domain/money.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import type { PrivateServer, RestoredCluster } from '../../sources/postgres/restored/cluster.ts'
import type { AppContext } from '../site/context.ts'

/** Where a restore goes. Paths are absolute. */
export type RestoreTarget =
  /** A folder; for files, what it holds may be written over when that was told twice. */
  | { readonly kind: 'directory'; readonly folder: string; readonly overwrite: boolean }
  /** A database that runs privately for a while; in a folder of the site's state where none is given. */
  | { readonly kind: 'temporary'; readonly folder: string | undefined }
  /** The place that it came from. For files, `deletes` removes what the snapshot lacks. */
  | { readonly kind: 'in-place'; readonly deletes: boolean }
  /** One database of the cluster, or tables of it, as a file of pg_dump. */
  | { readonly kind: 'dump'; readonly file: string; readonly of: DatabasePart }
  /** The same, into a database of the live server; `replaces` drops tables there that have the same names. */
  | { readonly kind: 'live-database'; readonly database: string; readonly replaces: boolean; readonly of: DatabasePart }

export interface DatabasePart {
  readonly database: string
  /** `table` or `schema.table`; all when empty. */
  readonly tables: readonly string[]
}

export interface RestoreWish {
  readonly component: string
  /** A time as a person writes it. Beside a name: about when that was made. */
  readonly at: string | undefined
  /** The beginning of a point's id. Beside a name: the base backup to begin with. */
  readonly point: string | undefined
  /** A restore point of PostgreSQL, made with pg_create_restore_point. */
  readonly name: string | undefined
  /** For files: paths as on the source, or relative to one of the component's paths; taken literally. */
  readonly paths: readonly string[]
  /** For files: the same with `*`, `?`, `[a-z]` and `**`. */
  readonly patterns: readonly string[]
  readonly target: RestoreTarget
  /** Only into a folder. */
  readonly drill?: Drilling
}

/** A restore for the sake of testing, as if the source were gone: nothing is asked of a live server. */
export interface Drilling {
  /** What is about to be restored. */
  readonly chosen: (point: RestorePoint) => void
  /** What of a database can be reached, oldest first. */
  readonly reaches: (windows: readonly RecoveryWindow[]) => void
  /** All data is there; a database has recovered, and answers. */
  readonly restored: () => void
  /** Looks into a restored database while it runs, with the context of whoever restores it. */
  readonly examine: (server: PrivateServer, context: AppContext) => Promise<void>
}

export interface RestoreOutcome {
  readonly component: string
  readonly kind: RestoreTarget['kind']
  readonly point: string
  /** Why that point is kept for ever; absent when it is not pinned. */
  readonly pin?: string
  /** The instant that was restored, for a database; for files, when the snapshot was taken. */
  readonly restoredTo: Instant
  /** The folder, file or database of the live server that was restored into. */
  readonly target: string
  /** Where the wanted things lie now. */
  readonly places: readonly string[]
  readonly durationMs: number
  /** Bytes that were brought back, where that is known. */
  readonly sizeBytes?: number
  /** What the download of as many costs at most; WAL comes on top. Absent for a dump, which is smaller than what it is made of. */
  readonly downloadPrice?: Price
  readonly cluster?: RestoredCluster
  /** How much of the newest work may be missing, in milliseconds; absent when nothing is. */
  readonly lossAtMostMs?: number
  /** How to talk to a temporary cluster: a connection string of PostgreSQL's. */
  readonly connection?: string
  /** A command that starts what was restored into a folder, for a look inside; absent for files. */
  readonly lookInside?: string
  /** Tables that were restored one by one, each with as many rows as the restored cluster has. */
  readonly tables?: readonly RestoredTable[]
  /** The data that was there before a restore in place; nothing removes it. */
  readonly setAside?: readonly string[]
  readonly notes: readonly string[]
}

export interface RestoredTable {
  readonly name: string
  readonly rows: number
}

/** Asks before live data is changed, and throws `usage` when there is no yes. */
export type RequireYes = (consequences: readonly string[]) => Promise<void>

/** What a kind of source adds to the outcome. */
export type Restored = Omit<RestoreOutcome, 'component' | 'kind' | 'durationMs'>

/** Who hears how a restore goes, and who is asked before live data is changed. */
export interface RestoreListener {
  readonly report: (progress: Progress) => void
  /** Shown what will be changed and lost; anything but a yes ends the restore with nothing touched. */
  readonly agree: (consequences: readonly string[]) => Promise<boolean>
}
