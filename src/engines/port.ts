import type { EngineName } from '../domain/repository.ts'
import type { Clock, Instant } from '../domain/clock.ts'
import type { Command, SecretVariable } from '../domain/command.ts'
import type { ErrorRecord } from '../domain/errors.ts'
import type { Progress } from '../domain/events.ts'
import type { Instruction } from '../domain/instruction.ts'
import type {
  ClusterIdentity,
  DatedName,
  Recoverability,
  RecoveryWindow,
  RestorePoint,
  RestorePointKind,
} from '../domain/restore-point.ts'
import type { Bytes } from '../domain/size.ts'
import type { ChangeTotals, EntryChange, SnapshotEntry } from '../domain/snapshot-entry.ts'

/** What every verb gets: who may stop it, who hears how it goes, and what time it is. */
export interface EngineContext {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly report: (progress: Progress) => void
}

export interface BackUpRequest {
  /** `snapshot` for restic; the three others for pgBackRest. */
  readonly kind: RestorePointKind
  /** Why the new point is to be kept for ever; absent when it is not. */
  readonly pin?: string
}

export interface BackUpResult {
  readonly point: { readonly id: string; readonly kind: RestorePointKind }
  readonly processedBytes: Bytes
  readonly processedFiles?: number
  readonly addedBytes: Bytes
  /** Faults that left a point behind all the same: unreadable files, bad page checksums. */
  readonly faults: readonly ErrorRecord[]
  readonly warnings: readonly string[]
}

export interface RestoreRequest {
  readonly point: RestorePoint
  /** For a database: an instant, a named restore point, the end of all archived WAL, or the end of the point's own backup. */
  readonly at?: Instant | { readonly name: string } | 'archive-end' | 'point'
  /** For a database: the timeline to recover along; the point's own when left out. */
  readonly timeline?: number
  /** For a database: the only one of the cluster to bring back with its content, where the engine knows it. */
  readonly database?: string | undefined
  /** For files: absolute paths as they were on the source. Empty: everything. */
  readonly paths: readonly string[]
  /** For files: the same as absolute patterns, with `*`, `?`, `[a-z]`, and `**` for any depth. */
  readonly patterns?: readonly string[]
  /** Absolute path of a folder that exists; the root of the file system for files that go back to where they came from. */
  readonly target: string
  /**
   * What the target holds: nothing, which is the default; what an earlier restore did not finish, which is gone on with; or
   * the live data itself: of a cluster the files are compared, and tablespaces and archiving stay its own.
   */
  readonly holds?: 'nothing' | 'unfinished' | 'live' | undefined
  /** For files over live ones: what the snapshot lacks is deleted, in what was asked for. */
  readonly deletes?: boolean
  /** For files: what was written is read again and compared with the snapshot; called when that begins, or all is written. */
  readonly verifies?: (() => void) | undefined
}

export type SnapshotPart = Pick<RestoreRequest, 'point' | 'paths' | 'patterns'>

/** Tablespaces of a restored database lie beside its data directory, never in it. */
export const tablespaceFolder = (target: string): string => `${target}-tablespaces`

/**
 * An engine, bound to one component's repository. Verbs throw HoldfastError out of the engine's error table.
 */
export interface Engine {
  readonly name: EngineName
  /** Version of the installed program. Throws `engine-missing` or `engine-too-old`. Asked once, then remembered. */
  version(context: EngineContext): Promise<string>
  /** Whether the repository exists and opens. Throws what keeps it from being asked, such as `wrong-key`. */
  exists(context: EngineContext): Promise<boolean>
  /** Creates the repository. Never done by another verb. */
  setUp(context: EngineContext): Promise<void>
  /** The exact commands that `backUp` would run. */
  backUpCommands(request: BackUpRequest, context: EngineContext): Promise<readonly Command[]>
  backUp(request: BackUpRequest, context: EngineContext): Promise<BackUpResult>
  /** Oldest first. */
  listPoints(context: EngineContext): Promise<readonly RestorePoint[]>
  /** The exact commands that `restore` would run. */
  restoreCommands(request: RestoreRequest, context: EngineContext): Promise<readonly Command[]>
  restore(request: RestoreRequest, context: EngineContext): Promise<void>
  /** Only for files: bytes of a part of a snapshot. Throws `path-unknown` for a path or pattern that finds nothing in it. */
  readonly measure?: (request: SnapshotPart, context: EngineContext) => Promise<Bytes>
  /** Only for files: what a restore of the whole snapshot brings: files, folders and links, and the bytes of files. */
  readonly count?: (
    point: RestorePoint,
    context: EngineContext,
  ) => Promise<{ readonly entries: number; readonly sizeBytes: Bytes }>
  /** Only for files: what over live ones is replaced when a link stands there, and may be deleted when it isn't in a snapshot. */
  readonly overwriting?: (context: EngineContext) => Promise<{ readonly replacesLinks: boolean; readonly deletes: boolean }>
  /** Only for files: paths that `deletes` would delete. */
  readonly listDeletions?: (request: RestoreRequest, context: EngineContext) => Promise<readonly string[]>
  /** Removes points, in this order, for ever; `gone` hears of each once it is removed. What they held is freed by `prune`. One that is gone already is no error. */
  remove(points: readonly RestorePoint[], gone: (point: RestorePoint) => void, context: EngineContext): Promise<void>
  /** Frees what no point needs any more. For a database, continuous WAL stays from `keepWalFrom` on (a point in the list); of older points only the WAL that each needs by itself. Undefined: no WAL goes. */
  prune(wish: { readonly keepWalFrom: RestorePoint | undefined }, context: EngineContext): Promise<void>
  /** Keeps a point for ever, or no longer (undefined); gives back its id, which restic changes. */
  pin(point: RestorePoint, reason: string | undefined, context: EngineContext): Promise<string>
  /** The quick check that a backup made now would be whole. */
  check(context: EngineContext): Promise<void>
  /** Bytes that the repository takes. */
  usage(context: EngineContext): Promise<Bytes>
  /** Clears what a killed process left behind, and says what; empty when there was nothing. */
  heal(context: EngineContext): Promise<readonly string[]>
  /** How a person restores with the engine alone, on a machine where nothing else is. Asks nobody. */
  restoreByHand(request: RestoreByHandRequest): Promise<RestoreByHand>
  /**
   * Only where any second between points can be restored.
   *
   * @param known windows of an earlier answer, which spare the engine from looking at the same WAL again
   */
  readonly recoverability?: (known: readonly RecoveryWindow[], context: EngineContext) => Promise<Recoverability>
  /** Only where a new point has to be named later than all before. */
  readonly naming?: PointNaming
  /** Only where a repository belongs to a cluster, and takes nothing from another one. */
  readonly cluster?: ClusterBinding
  /** Only where a point's files can be looked at one by one, without restoring them; loaded when it is asked for. */
  readonly browsing?: () => Promise<Browsing>
  /** Only where the engine needs a configuration file on the machine. */
  readonly configuration?: EngineConfiguration
}

export interface RestoreByHandRequest {
  /** Absolute path of a folder on that machine, for all that is needed and restored there. */
  readonly folder: string
  /** There, the PEM file of the authority that signed the storage's certificate, where that is a private one. */
  readonly caFile: string | undefined
  /** The user who will own a restored database there. */
  readonly user: string
  /** The newest point that is known, and for a database the timeline of the newest window that begins with it. */
  readonly newest: { readonly point: RestorePoint; readonly timeline: number | undefined } | undefined
}

export interface RestoreByHand {
  /** Debian's packages of the engine. */
  readonly packages: readonly string[]
  /** The oldest version that does; a later one reads what an older one wrote. */
  readonly oldestVersion: string
  /** The variables of the shell that the instructions expect the secrets in. */
  readonly secrets: readonly SecretVariable[]
  /** The last one leaves the data in `<folder>/<component>`: files below it at the paths that they had. */
  readonly instructions: readonly Instruction[]
}

/** What of a name has to fit: the glob characters of a shell, and `**` for any folders between. */
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

/** Points are named by their time. One that a wrong clock dated keeps new ones from being made, also after it was removed. */
export interface PointNaming {
  /** The names of all points, and of those that are gone and not forgotten. */
  names(context: EngineContext): Promise<readonly DatedName[]>
  /** Throws `point-needed`, before anything is forgotten, for the name of a point that is still there. */
  forget(names: readonly DatedName[], context: EngineContext): Promise<void>
}

/** Which cluster a repository takes backups of. */
export interface ClusterBinding {
  /** Undefined while there is none. */
  known(context: EngineContext): Promise<ClusterIdentity | undefined>
  /** From now on it takes those of the cluster in the data directory; the old points stay, and the old cluster is refused. */
  upgrade(context: EngineContext): Promise<void>
  /** The command that does it. */
  upgradeCommand(): Command
}

/** Where a server listens, and where its data is when it knows better than the configuration. */
export interface ConfiguredServer {
  readonly port: number
  readonly socketDirectory: string
  readonly dataDirectory?: string | undefined
}

/** A file that `setup apply` writes for an engine. */
export interface EngineConfiguration {
  readonly file: string
  /** The same as the engine finds it: another path where it runs in a container. */
  readonly fileForEngine: string
  /** Folder for locks and spool, owned by whoever runs the engine; undefined where it finds its own. */
  readonly workDirectory: string | undefined
  /** What PostgreSQL's archive_command has to be. */
  readonly archiveCommand: string
  text(server: ConfiguredServer): string
}
