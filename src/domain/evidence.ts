import type { Instant } from './clock.ts'
import type { ErrorRecord } from './errors.ts'

/** What is looked at: of a component, of the site, or of the machine. It is the end of a finding's subject. */
export type CheckKind =
  | 'points'
  | 'last-run'
  | 'archiving'
  | 'loss'
  | 'wal-gap'
  | 'lock'
  | 'run'
  | 'clock'
  | 'journal'
  | 'watch'
  | 'notices'
  | 'heartbeat'
  | 'drill'
  | 'recovery'
  | 'state-disk'
  | 'cache-disk'
  | 'storage-disk'
  | 'wal-disk'

/** One thing that was looked at: what shows how it is, and what is wrong with it. */
export interface Check {
  readonly kind: CheckKind
  /** Undefined for what concerns the whole site. */
  readonly component: string | undefined
  /** What was seen, in a few words. */
  readonly said: string
  /** When that was seen. What nobody has seen is never well. */
  readonly seenAt: Instant | undefined
  /** Since when it has not been well, as far as can be told. */
  readonly since?: Instant
  /** Absent: it is well. */
  readonly error?: ErrorRecord
}

/** How the archiving of a database looked, as its server told. Counts are those of pg_stat_archiver and pg_wal. */
export interface ArchivingSighting {
  readonly seenAt: Instant
  readonly lastArchivedWal: string | undefined
  readonly lastArchivedAt: Instant | undefined
  readonly failedCount: number
  readonly lastFailedWal: string | undefined
  readonly lastFailedAt: Instant | undefined
  /** The last attempt failed. */
  readonly isFailing: boolean
  /** Segments that are finished and not archived, and the disk that they keep. */
  readonly waiting: number
  readonly waitingBytes: number
  readonly oldestWaitingAt: Instant | undefined
  /** When the newest archived segment was finished: whatever was committed before is archived. */
  readonly finishedAt: Instant | undefined
  /** How long a segment with something in it stays open at most; 0: until it is full. */
  readonly archiveTimeoutMs: number
  /** The next transaction that will write something, and since when it has been that one. */
  readonly xid: string
  readonly xidSince: Instant
  /** archive_mode is on, and archive_command hands segments to pgBackRest. */
  readonly isOn: boolean
  /** pgBackRest may throw WAL away rather than let it wait. */
  readonly mayDrop: boolean
  readonly inRecovery: boolean
}

/** The beginning of a check's subject is who looked. */
export const subjectOf = ({ component, kind }: Pick<Check, 'component' | 'kind'>): string =>
  component === undefined ? `watch/${kind}` : `watch/${component}/${kind}`
