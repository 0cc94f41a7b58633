import { isoInstant, type Instant } from '../../domain/clock.ts'
import type { Command } from '../../domain/command.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Price } from '../../domain/money.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { formatSize, type Bytes } from '../../domain/size.ts'
import type { FileRestoreRequest } from '../../engines/file-port.ts'
import type { RestoreInto } from '../../engines/port.ts'
import type { RestoreRequest } from './request.ts'

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
export type PlannedEngineRestore = Omit<FileRestoreRequest, 'verifies'>

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
  readonly engine: PlannedEngineRestore
}

export interface FilesPlan extends PlannedRestore {
  readonly source: 'files'
  readonly target: {
    readonly kind: 'directory' | 'in-place'
    readonly folder: string
    readonly state: TargetState
  }
  /** The paths of the source that are expected to be there afterwards. */
  readonly wanted: readonly string[]
}

export type RestorePlan = FilesPlan

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
