import type { Instant } from '../domain/clock.ts'
import type { ArchivingSighting, Check, CheckKind } from '../domain/evidence.ts'
import { byName, either, flag, keyOf, listOf, number, object, optional, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'
import type { DatabaseEvidence, DrillEvidence, ErrorSighting } from '../policy/health.ts'
import type { HeartbeatSighting } from '../policy/heartbeat-due.ts'
import type { ClockSighting } from '../policy/clock-jump.ts'
import { errorRecord, instant } from './shapes.ts'
import { readState, stateFault, writeState, type StateFolders, type StateFault } from './state-folders.ts'

/** What the last watch saw: the next one compares with it, and `status` shows it without asking anybody. */
export interface WatchMemory {
  readonly at: Instant
  readonly clock: ClockSighting
  readonly heartbeat?: HeartbeatSighting | undefined
  /** By component. */
  readonly drills?: Readonly<Record<string, WatchedDrills>> | undefined
  readonly checks: readonly Check[]
  readonly databases: Readonly<Record<string, DatabaseMemory>>
}

export type WatchedDrills = Omit<DrillEvidence, 'failed'>

export interface DatabaseMemory {
  readonly archiving: NonNullable<DatabaseEvidence['archiving']>
  /** What PostgreSQL said before the archive was last listed for a watch: how often archiving had failed, and its last segment. */
  readonly failedCountThen?: number
  readonly archivedThen?: string
  /** Why the archive should have been listed, and could not be. */
  readonly unlisted?: string | undefined
  /** When a watch last began a base backup because of a gap. */
  readonly curedAt?: Instant
}

const archiving = object<ArchivingSighting>({
  seenAt: instant,
  lastArchivedWal: optional(text),
  lastArchivedAt: optional(instant),
  failedCount: number(),
  lastFailedWal: optional(text),
  lastFailedAt: optional(instant),
  isFailing: flag,
  waiting: number(),
  waitingBytes: number(),
  oldestWaitingAt: optional(instant),
  finishedAt: optional(instant),
  archiveTimeoutMs: number(),
  xid: text,
  xidSince: instant,
  isOn: flag,
  mayDrop: flag,
  inRecovery: flag,
})

const database = object<DatabaseMemory>({
  archiving: either(archiving, object<ErrorSighting>({ seenAt: instant, error: errorRecord })),
  failedCountThen: optional(number()),
  archivedThen: optional(text),
  unlisted: optional(text),
  curedAt: optional(instant),
})

const checkKinds: Readonly<Record<CheckKind, true>> = {
  points: true,
  'last-run': true,
  archiving: true,
  loss: true,
  'wal-gap': true,
  lock: true,
  run: true,
  clock: true,
  journal: true,
  watch: true,
  notices: true,
  heartbeat: true,
  drill: true,
  recovery: true,
  'state-disk': true,
  'cache-disk': true,
  'storage-disk': true,
  'wal-disk': true,
}

const check = object<Check>({
  kind: keyOf(checkKinds),
  component: optional(text),
  said: text,
  seenAt: optional(instant),
  since: optional(instant),
  error: optional(errorRecord),
})

export const watchMemories = defineStateFile<WatchMemory>({
  what: 'what the last watch saw',
  version: 1,
  shape: object<WatchMemory>({
    at: instant,
    clock: object<ClockSighting>({
      at: instant,
      bootId: text,
      uptimeMs: number(),
      jumpedMs: number(),
      jumpedAt: optional(instant),
    }),
    heartbeat: optional(object<HeartbeatSighting>({ lookedSince: instant, lastAt: optional(instant) })),
    drills: optional(
      byName(
        object<WatchedDrills>({ backedUpSince: optional(instant), passedAt: optional(instant), recoveryMs: optional(number()) }),
      ),
    ),
    checks: listOf(check),
    databases: byName(database),
  }),
  mode: 0o640,
  folderMode: 0o755,
  keep: 'durable',
  whenUnusable: 'ignored',
})

const fileName = 'watch.json'

/** Undefined when no watch has left any, or none that can be used: then there is no evidence. */
export const readWatch = (folders: StateFolders): WatchMemory | undefined => readState(watchMemories, folders, fileName)

/** Why what the last watch left cannot be used. */
export const watchFault = (folders: StateFolders): StateFault | undefined => stateFault(watchMemories, folders, fileName)

/** Replaces it as a whole. Gives back, or throws where it is nowhere to be kept, what the file system of the state says. */
export const writeWatch = (folders: StateFolders, memory: WatchMemory): Error | undefined =>
  writeState(watchMemories, folders, fileName, memory)
