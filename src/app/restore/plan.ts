import { isoInstant, type Instant } from '../../domain/clock.ts'
import type { Command } from '../../domain/command.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Price } from '../../domain/money.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import type { ContainerRuntime } from '../../domain/site.ts'
import { formatSize, type Bytes } from '../../domain/size.ts'
import type { DatabaseRestoreRequest } from '../../engines/database-port.ts'
import type { FileRestoreRequest } from '../../engines/file-port.ts'
import type { RestoreInto } from '../../engines/port.ts'
import type { ClusterOwner, ServerControl } from '../../sources/postgres/port.ts'
import type { SetAside } from '../../state/in-place-record.ts'
import type { DatabasePart, RestoreRequest } from './request.ts'

/** What the target holds before: nothing; what an earlier restore of ours did not finish; or data that is in use. */
export type TargetState = 'empty' | 'partial' | 'live'

/** The same in the words of the engines' port. */
export const holdsOf = (state: TargetState): NonNullable<RestoreInto['holds']> =>
  state === 'empty' ? 'nothing' : state === 'partial' ? 'unfinished' : 'live'

/** What a file system has to have for a restore, and what it has. */
export interface PlannedSpace {
  readonly purpose: string
  /** The folder, or the nearest one above that exists. */
  readonly path: string
  readonly neededBytes: Bytes
  readonly freeBytes: number
}

/** What the engine is asked for. Data: whether it verifies is said beside it, because there the port takes a function. */
export type PlannedFileRestore = Omit<FileRestoreRequest, 'verifies'>

/** What every plan says. All of it is data: a plan can be printed, stored and compared. */
export interface PlannedRestore {
  readonly component: string
  readonly purpose: RestoreRequest['purpose']
  /** The time of the plan, as it stands in names that are made for one restore; a later plan has another one. */
  readonly stamp: string
  readonly point: RestorePoint
  readonly restoredTo: Instant
  /** What is brought back, where that is known. */
  readonly sizeBytes?: Bytes
  /** What the download costs at most. */
  readonly downloadPrice?: Price
  readonly space: readonly PlannedSpace[]
  /** What is changed and lost; a person is asked to confirm them when there are any. */
  readonly consequences: readonly string[]
  readonly notes: readonly string[]
  /** Everything that will be run and changes something, in order. Questions change nothing, and are left out. */
  readonly commands: readonly Command[]
}

export interface FilesPlan extends PlannedRestore {
  readonly source: 'files'
  readonly engine: PlannedFileRestore
  readonly target: {
    readonly kind: 'directory' | 'in-place' | 'bare-machine'
    readonly folder: string
    readonly state: TargetState
    /** On a bare machine, what lies where the files belong, so that they go beside it. */
    readonly occupied?: string
  }
  /** The paths of the source that are expected to be there afterwards. */
  readonly wanted: readonly string[]
}

/** Who runs the programs of a restore: this machine, or a container of a database's own image. */
export type PlannedExecutor = { readonly kind: 'here' } | HelperContainer

export interface HelperContainer {
  readonly kind: 'helper-container'
  readonly name: string
  /** Of this machine, which the container sees by the same name; it holds sockets, and goes with the container. */
  readonly scratch: string
  /** Of this machine too, to be written to; made when they are not there. */
  readonly folders: readonly string[]
  /** Starts it. */
  readonly command: Command
  /** What else could be done, for when it can't be started; a clause of a hint. */
  readonly otherwise?: string
}

/** Where a recovery begins and how far it goes. */
export interface PlannedRecovery {
  /** An instant, a named restore point, the end of all archived WAL, or the end of the base backup itself. */
  readonly stop: NonNullable<DatabaseRestoreRequest['at']>
  readonly timeline?: number
  /** What was asked for, and how far the archive is known to go towards it; absent for a point. */
  readonly wanted?: Instant
  readonly certainUntil?: Instant
  /** Everything that the live server had committed by then is in the archive. */
  readonly archivedUntilNow: boolean
  /** The last segment of WAL that must be replayed, unless recovery stops at its target before. */
  readonly lastWal?: string
  /** The newest stretch of time that can be restored. */
  readonly newestWindow?: RecoveryWindow
}

export type DatabaseTarget =
  | { readonly kind: 'directory' | 'temporary' | 'bare-machine'; readonly folder: string; readonly state: TargetState }
  | {
      readonly kind: 'dump'
      readonly file: string
      readonly of: DatabasePart
      readonly folder: string
      readonly state: TargetState
    }
  | {
      readonly kind: 'live-database'
      readonly database: string
      readonly replaces: boolean
      readonly isThere: boolean
      readonly of: DatabasePart
      readonly folder: string
      readonly state: TargetState
    }
  | { readonly kind: 'in-place'; readonly folder: string; readonly state: TargetState; readonly live: LiveCluster }

/** A target of one kind, or of some. */
export type TargetOf<Kind extends DatabaseTarget['kind']> = Extract<DatabaseTarget, { kind: Kind }>

export interface DatabasePlan<Target extends DatabaseTarget = DatabaseTarget> extends PlannedRestore {
  readonly source: 'database'
  readonly engine: DatabaseRestoreRequest
  readonly target: Target
  readonly recovery: PlannedRecovery
  readonly executor: PlannedExecutor
  readonly owner: ClusterOwner
}

export interface LiveContainer {
  readonly runtime: ContainerRuntime
  readonly name: string
  /** The data directory as the container knows it. */
  readonly inside: string
}

/** What of the old data is copied to where it was, for the engine to begin with. */
export interface Draft {
  readonly folder: string
  readonly aside: string
  /** Names in it. */
  readonly entries: readonly string[]
}

/** The cluster that a restore in place replaces: where it is, how its server is spoken to, and what is set aside. */
export interface LiveCluster {
  /** Real path of the data directory on this machine. */
  readonly data: string
  /** The same as whoever restores and proves it knows it. */
  readonly dataDirectory: string
  /** Absent for a server of this machine. */
  readonly container?: LiveContainer
  readonly wasRunning: boolean
  /** Whether the server is started for all afterwards. */
  readonly isStarted: boolean
  /** Absent where there was no server yet. */
  readonly control?: ServerControl
  /** Where it lies outside of the data directory. */
  readonly configurationFile?: string
  /** The tablespaces first: the data directory's name is what a server starts by. Empty where there was no data. */
  readonly setAside: readonly SetAside[]
  readonly drafts: readonly Draft[]
  readonly tablespaces: readonly { readonly location: string; readonly moved: SetAside; readonly sizeBytes: number }[]
  readonly sizeBytes: number
  readonly majorVersion?: string
  /** Where pg_wal leads, when it is a link: in the restored cluster it is a folder. */
  readonly movedWal?: string
}

export type RestorePlan = FilesPlan | DatabasePlan

/** Names that are made for one restore hold its time, to the second. */
export const stampOf = (at: Instant): string => isoInstant(at).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')

/** Throws `storage-full` for the first file system that lacks room; a plan may be looked at without it. */
export function requirePlannedSpace({ space }: PlannedRestore): void {
  const lacking = space.find(({ neededBytes, freeBytes }) => freeBytes < neededBytes)
  if (lacking === undefined) return
  const { path, purpose, neededBytes, freeBytes } = lacking
  throw new HoldfastError(
    'storage-full',
    `${formatSize(freeBytes)} are free in ${path}, and ${purpose} needs ${formatSize(neededBytes)}`,
    { hint: `df -h ${path} shows the file system; free some space on it` },
  )
}
