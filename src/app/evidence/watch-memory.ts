import type { Instant } from '../../domain/clock.ts'
import type { Check } from '../../domain/evidence.ts'
import type { DatabaseEvidence, DrillEvidence } from '../../policy/health.ts'
import type { HeartbeatSighting } from '../../policy/heartbeat-due.ts'
import type { ClockSighting } from '../../policy/clock-jump.ts'
import { readStateFile, writeStateFile, type StateFolders } from '../site/state-file.ts'

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

const fileName = 'watch.json'

/** Undefined when no watch has left any, or none that can be read: then there is no evidence. */
export function readWatch(folders: StateFolders): WatchMemory | undefined {
  try {
    const memory = JSON.parse(readStateFile(folders, fileName) ?? 'null') as Partial<WatchMemory> | null
    const isWhole = typeof memory?.at === 'number' && Array.isArray(memory.checks) && typeof memory.databases === 'object'
    return isWhole ? (memory as WatchMemory) : undefined
  } catch {
    return undefined
  }
}

/** Replaces it as a whole. Gives back, or throws where it is nowhere to be kept, what the file system of the state says. */
export const writeWatch = (folders: StateFolders, memory: WatchMemory): Error | undefined =>
  writeStateFile(folders, fileName, `${JSON.stringify(memory)}\n`, 0o640)
