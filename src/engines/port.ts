import type { Clock } from '../domain/clock.ts'
import type { ErrorRecord } from '../domain/errors.ts'
import type { Command } from '../domain/command.ts'
import type { Progress } from '../domain/events.ts'
import type { ManualRestore, ManualRestoreRequest } from '../domain/manual-restore.ts'
import type { EngineName } from '../domain/repository.ts'
import type { RestorePoint, RestorePointKind } from '../domain/restore-point.ts'
import type { Bytes } from '../domain/size.ts'

/** What every verb gets: who may stop it, what time it is, and where progress goes. */
export interface EngineContext {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly report: (progress: Progress) => void
}

/**
 * What all engines do, each bound to one component's repository. Verbs throw HoldfastError out of the engine's error table.
 *
 * Backing up and restoring differ by kind of component. Where the kind is not narrowed, these two verbs cannot be called.
 */
export interface Engine<BackUpRequest = never, RestoreRequest = never> {
  readonly name: EngineName
  /** Version of the installed program, asked once. Throws `engine-missing` or `engine-too-old`. */
  version(context: EngineContext): Promise<string>
  /** Whether the repository exists and opens. Throws what keeps it from being asked, such as `wrong-key`. */
  exists(context: EngineContext): Promise<boolean>
  /** Creates the repository. No other verb does. */
  setUp(context: EngineContext): Promise<void>
  /** The exact commands that `backUp` would run. */
  backUpCommands(request: BackUpRequest, context: EngineContext): Promise<readonly Command[]>
  backUp(request: BackUpRequest, context: EngineContext): Promise<BackUpResult>
  /** Oldest first. */
  listPoints(context: EngineContext): Promise<readonly RestorePoint[]>
  /** The exact commands that `restore` would run. */
  restoreCommands(request: RestoreRequest, context: EngineContext): Promise<readonly Command[]>
  restore(request: RestoreRequest, context: EngineContext): Promise<void>
  /**
   * Removes points for ever, in this order; one that is gone already is no error. `prune` frees what they held.
   *
   * @param gone called for each point once it is removed
   */
  remove(points: readonly RestorePoint[], gone: (point: RestorePoint) => void, context: EngineContext): Promise<void>
  /** Keeps a point for ever, or no longer (undefined). Returns its id, which restic changes. */
  pin(point: RestorePoint, reason: string | undefined, context: EngineContext): Promise<string>
  /** The quick check that a backup made now would be whole. */
  check(context: EngineContext): Promise<void>
  /** Bytes that the repository takes. */
  usage(context: EngineContext): Promise<Bytes>
  /** Clears what a killed process left behind. Returns a line for each thing cleared. */
  heal(context: EngineContext): Promise<readonly string[]>
  /** How a person restores with the engine alone. Runs nothing. */
  manualRestore(request: ManualRestoreRequest): Promise<ManualRestore>
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

/** What a restore of any kind is told. */
export interface RestoreInto {
  readonly point: RestorePoint
  /** Absolute path of a folder that exists. */
  readonly target: string
  /** What the target holds: nothing (default), what an earlier restore did not finish, or the live data itself. */
  readonly holds?: 'nothing' | 'unfinished' | 'live' | undefined
}
