import type { Clock, Instant } from '../../domain/clock.ts'
import type { Command } from '../../domain/command.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import type { Place } from '../../places/place.ts'

/** What the rest of the program knows of a PostgreSQL server, wherever it runs. */

/** Where a server listens, and as whom programs talk to it. */
export interface ServerAddress {
  readonly socketDirectory: string
  readonly port: number
  /** Name or number of the operating-system user that owns the data directory, when that isn't who we are. */
  readonly owner: string | undefined
  /** The container that it runs in. */
  readonly container?: string
}

/** Whose files a cluster's are, and as which user its engine runs: undefined when that is ourselves. */
export interface ClusterOwner {
  readonly uid: number
  readonly gid: number
  readonly user: string | undefined
}

export interface QueryOptions {
  /** Settings of the session, which win over those of the cluster, the database and the user. */
  readonly variables?: Readonly<Record<string, string>>
  /** Default: the one of the configuration; for a restored copy one that every cluster has. */
  readonly database?: string | undefined
  /** Default: one minute. */
  readonly deadlineMs?: number | undefined
}

/**
 * Runs SQL as the superuser, and gives what it prints: a line a row, `|` between fields. Throws `postgres-down` when the server
 * doesn't answer, `unexpected` when it rejects the SQL, `timeout` and `interrupted`.
 */
export type Query = (sql: string, options?: QueryOptions) => Promise<string>

/** A server that answers SQL: a live one, or a restored copy that runs for us alone. */
export interface QueryableServer {
  /** Where its client programs run. */
  readonly place: Place
  readonly address: ServerAddress
  /** Superuser. */
  readonly user: string
  readonly query: Query
}

/** What a watch asks of a live server: little code, because it is loaded every few minutes. */
export interface ObservedServer extends QueryableServer {
  /** How its archiving goes, in one query. */
  archiver(look: { readonly now: Instant; readonly before: ArchivingSighting | undefined }): Promise<ArchivingSighting>
  readonly log: ServerLog
}

export interface ServerLog {
  /**
   * Whether it speaks of WAL that pgBackRest dropped since the archive was listed; undefined when the log can't tell.
   *
   * @param since when the archive was listed, and when somebody last read the log
   */
  saysDropped(since: { readonly listedAt: Instant; readonly readAt: Instant | undefined }): Promise<boolean | undefined>
}

/** A live server that runs here or in a container. Made by `locate`. */
export interface PostgresServer extends ObservedServer {
  /** What a look inside its container showed; undefined on this machine. */
  readonly container: ContainerFacts | undefined
  facts(): Promise<ServerFacts>
  /** Throws what keeps it from being backed up, before an engine says it in other words ten minutes later. */
  requireReady(): Promise<void>
  /** What time it is to the server: pgBackRest names its backups by it. */
  clock(): Promise<Instant>
  /** Absent where there is none of ours. */
  heartbeat(): Promise<Heartbeat | undefined>
  /** Commits, with a heartbeat where that is allowed and possible; gives back why there is none. */
  commit(writer: string): Promise<HeartbeatRefusal | undefined>
  /** Makes everything that was committed until now restorable. Throws `archive-failing` when it isn't in time. */
  archiveUntilNow(work: ArchivingWork): Promise<ArchivedNow>
  /** How far it has come. */
  reached(): Promise<Reached>
  /** Its postgresql.conf, where that lies outside of the data directory. */
  configurationFile(): Promise<string | undefined>
  /** Has it read its configuration again. */
  reload(): Promise<void>
  /** How it is stopped and started the way it runs now, by commands of this machine. */
  control(): Promise<ServerControl>
}

/** A restored cluster that runs where nobody else can reach it. */
export interface PrivateServer extends QueryableServer {
  readonly cluster: RestoredCluster
  /** Whether all is in it that had been committed where another server had come to. */
  containsAllCommits(of: Reached): Promise<boolean>
  /** Stops it cleanly; throws `recovery-incomplete` when it can't be. */
  stop(): Promise<void>
}

/** What a restored cluster proved when it was started. */
export interface RestoredCluster {
  readonly majorVersion: string
  readonly databases: readonly { readonly name: string; readonly sizeBytes: number }[]
  /** In the server's words, such as `2026-01-26 06:30:04.512+00`; absent when no transaction was replayed. */
  readonly lastTransactionAt: string | undefined
  /** No commit came after the wanted time, so the cluster holds everything that was ever committed before it. */
  readonly endedBeforeTarget: boolean
  /** Everything that was committed before it is in the cluster; absent where there never was one. */
  readonly lastHeartbeat: Heartbeat | undefined
  /** When the named restore point was made that recovery stopped at. */
  readonly namedAt?: Instant
}

/** How a server is started and stopped. Data only, so that it can be written down and be of use when its folder is gone. */
export interface ServerControl {
  readonly start: Command
  readonly stop: Command
  readonly restart: Command
}

/** What a running server tells of itself. */
export interface ServerFacts {
  /** server_version_num: 150004 for 15.4. */
  readonly version: number
  readonly systemId: string
  /** The segment that WAL is written to; null in recovery. */
  readonly currentWal: string | null
  readonly inRecovery: boolean
  readonly dataDirectory: string
  readonly archiveMode: string
  readonly archiveCommand: string
  readonly archiveTimeoutSeconds: number
  readonly walLevel: string
  /** What the configuration files say, which a server that waits for a restart doesn't do yet. */
  readonly configured: Readonly<Partial<Record<'archive_mode' | 'archive_command' | 'wal_level', string>>>
  readonly walSegmentBytes: number
  readonly pendingRestart: readonly string[]
  readonly lastArchivedWal: string | null
  readonly lastFailedWal: string | null
  readonly failedCount: number
  readonly archivingFails: boolean
}

/** What a look inside a container showed beside the server. */
export interface ContainerFacts {
  /** As the container names it. */
  readonly dataDirectory: string
  /** Of the user whom commands run as, in the container's own numbers. */
  readonly uid: number
  readonly gid: number
  /** PostgreSQL is process 1, so whatever its children leave behind is its to clear away, and it takes their end for a crash. */
  readonly isFirstProcess: boolean
  /** The environment of the container asks pgBackRest to archive in the background. */
  readonly archivesInBackground: boolean
  /** Of the paths that were asked for, those that are the same file or folder inside as on this machine. */
  readonly shared: ReadonlySet<string>
}

/**
 * A path inside and the one on this machine that should be the same. Where the path is the same and isn't there yet, the folder
 * counts that it would be made in.
 */
export interface SharedPath {
  readonly inside: string
  readonly here: string
}

/**
 * A commit of our own. PostgreSQL recovers to a time only when a later commit is in the archive, and an idle database has none;
 * and the row tells a restored copy how far it goes: schema `holdfast`, table `heartbeat`, one row.
 */
export interface Heartbeat {
  /** By the server's clock. */
  readonly at: Instant
  /** Site and component, and the run that wrote it, or what else did: `pi-hosting/database 20260126T030003Z-5f1c`. */
  readonly writer: string
}

/** Whose heartbeat it is, in front of what wrote it: a cluster that holds one of a component is that one, or came out of it. */
export const heartbeatOwner = (site: string, component: string): string => `${site}/${component} `

/** Why nothing of ours could be written into schema `holdfast`: words for a person. */
export type HeartbeatRefusal = string

export interface ArchivingWork {
  readonly clock: Clock
  /** How long a segment may take to reach the archive. */
  readonly limitMs: number
  /** See Heartbeat. */
  readonly writer: string
}

/** A segment that was archived just now, and why no heartbeat is in it, if there is a reason. */
export interface ArchivedNow {
  readonly segment: string
  readonly refusal: HeartbeatRefusal | undefined
}

/** How far a cluster has come. `txid` counts past the 32 bits of a transaction's own number. */
export interface Reached {
  /** The number of the next transaction that will write something. */
  readonly next: bigint
  /** Of the transactions right before it, those that have committed. */
  readonly committed: readonly string[]
}
