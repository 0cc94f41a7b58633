import type { Instant } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import type { Price } from '../../domain/money.ts'
import type { PrivateServer, RestoredCluster } from '../../sources/postgres/port.ts'

/** Where a restore goes. Paths are absolute. */
export type RestoreTarget =
  /** A folder; for files, what it holds may be written over when that was asked for. */
  | { readonly kind: 'directory'; readonly folder: string; readonly overwrite: boolean }
  /** A database that runs privately for a while; in a folder of the site's state where none is given. */
  | { readonly kind: 'temporary'; readonly folder: string | undefined }
  /** The place that it came from. For files, `deletes` removes what the snapshot lacks. */
  | { readonly kind: 'in-place'; readonly deletes: boolean }
  /** One database of the cluster, or tables of it, as a file of pg_dump. */
  | { readonly kind: 'dump'; readonly file: string; readonly of: DatabasePart }
  /** The same, into a database of the live server; `replaces` drops tables there that have the same names. */
  | { readonly kind: 'live-database'; readonly database: string; readonly replaces: boolean; readonly of: DatabasePart }
  /**
   * The place of a component on a machine that lost it. `begunIn` is where an earlier recovery wrote, which is gone on with;
   * `overwrites` writes files over what lies there.
   */
  | { readonly kind: 'bare-machine'; readonly begunIn: string | undefined; readonly overwrites: boolean }

export interface DatabasePart {
  readonly database: string
  /** `table` or `schema.table`; all when empty. */
  readonly tables: readonly string[]
}

/** The targets of a restore that a person asks for by itself; a bare machine is recovered as a whole. */
export type ChosenTarget = Exclude<RestoreTarget, { kind: 'bare-machine' }>

/** What is wanted; data only. */
export interface RestoreRequest<Target extends RestoreTarget = RestoreTarget> {
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
  readonly target: Target
  /** `drill` restores as if the source were gone: no live server is asked to archive, and the engine verifies what it wrote. */
  readonly purpose: 'restore' | 'drill'
}

export interface RestoreOutcome {
  readonly component: string
  readonly kind: ChosenTarget['kind']
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

/** What the run of a plan gives back. */
export type ExecutedPlan = Omit<RestoreOutcome, 'kind'>

/** What a target adds to it. */
export type Restored = Omit<RestoreOutcome, 'component' | 'kind' | 'durationMs' | 'downloadPrice'>

/** Who hears how a run of a plan goes, and who looks at what came back. Bound to the executor; none of it is part of a plan. */
export interface RestoreWatcher {
  readonly report: (progress: Progress) => void
  /** All data is there; a database has recovered, and answers. */
  readonly restored?: (() => void) | undefined
  /** Looks into a restored database while it runs. */
  readonly inspect?: ((server: PrivateServer) => Promise<void>) | undefined
}

/** The same, with somebody who can be asked before live data is changed. */
export interface RestoreListener extends RestoreWatcher {
  /** Shown what will be changed and lost; anything but a yes ends the restore with nothing touched. */
  readonly agree: (consequences: readonly string[]) => Promise<boolean>
}
