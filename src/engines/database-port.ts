import type { Instant } from '../domain/clock.ts'
import type { Command } from '../domain/command.ts'
import type {
  ClusterIdentity,
  DatabaseBackupKind,
  DatedName,
  Recoverability,
  RecoveryWindow,
  RestorePoint,
} from '../domain/restore-point.ts'
import type { Engine, EngineContext, RestoreInto } from './port.ts'

/** An engine that backs up a database cluster with its WAL, so that any second between points can be restored. */
export interface DatabaseEngine extends Engine<BaseBackupRequest, DatabaseRestoreRequest> {
  /** Frees what no point needs any more, and the WAL that `keepWalFrom` lets go. */
  prune(wish: WalRetention, context: EngineContext): Promise<void>
  /**
   * Which instants can be restored.
   *
   * @param known windows of an earlier answer, which spare the engine from reading the same WAL again
   */
  recoverability(known: readonly RecoveryWindow[], context: EngineContext): Promise<Recoverability>
  readonly naming: PointNaming
  readonly cluster: ClusterBinding
  readonly configuration: EngineConfiguration
}

export interface BaseBackupRequest {
  readonly kind: DatabaseBackupKind
  /** Why the new point is to be kept for ever; absent when it is not. */
  readonly pin?: string | undefined
}

/** Over live data the files are compared, and tablespaces and archiving stay the cluster's own. */
export interface DatabaseRestoreRequest extends RestoreInto {
  /** An instant, a named restore point, the end of all archived WAL, or (default) the end of the point's own backup. */
  readonly at?: Instant | { readonly name: string } | 'archive-end' | 'point'
  /** The timeline to recover along; the point's own when left out. */
  readonly timeline?: number
  /** The only database of the cluster to bring back with its content, where the engine knows it. */
  readonly database?: string | undefined
}

export interface WalRetention {
  /** Continuous WAL stays from this listed point on; older points keep what each needs by itself. Undefined: no WAL goes. */
  readonly keepWalFrom: RestorePoint | undefined
}

/** Tablespaces of a restored database lie beside its data directory, never in it. */
export const tablespaceFolder = (target: string): string => `${target}-tablespaces`

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

/** The file that `setup apply` writes for the engine. */
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
