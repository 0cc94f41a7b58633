import type { EngineName } from './repository.ts'
import type { ErrorRecord } from './errors.ts'
import type { Instant } from './clock.ts'
import type { Price } from './money.ts'
import type { Delivery } from './notice.ts'
import type { RestorePointKind } from './restore-point.ts'

/** How far an engine has come. Absent numbers aren't known yet. */
export interface Progress {
  readonly doneBytes?: number
  readonly totalBytes?: number
  readonly doneFiles?: number
  readonly totalFiles?: number
  /** The file or folder being worked on. */
  readonly current?: string
  /** Something worth a word that isn't a number: "waiting for WAL", "storage does not answer". */
  readonly note?: string
}

export type StepOutcome = 'done' | 'partial' | 'failed' | 'interrupted'
export type RunOutcome = StepOutcome

/** What a step did, as the summary, the journal and JSON output tell it. Durations in milliseconds, sizes in bytes. */
export interface StepResult {
  readonly component: string
  readonly engine: EngineName
  readonly outcome: StepOutcome
  /** What was backed up: paths, or a database cluster's data directory. */
  readonly from: readonly string[]
  /** Where to: the repository, as people write it. */
  readonly to: string
  readonly beganAt: Instant
  readonly durationMs: number
  readonly attempts: number
  readonly processedBytes?: number
  readonly processedFiles?: number
  readonly addedBytes?: number
  /** The restore point that was made; present also when the outcome is partial. */
  readonly point?: { readonly id: string; readonly kind: RestorePointKind }
  /** That the point is kept for ever, why, what that keeps in the repository, and what it costs a month. */
  readonly pin?: { readonly reason: string; readonly keptBytes: number; readonly monthlyPrice: Price }
  /** Left-overs of an earlier run, one that was killed or had a wrong clock, that were cleared away. */
  readonly healed: readonly string[]
  /** Things that are not failures but that somebody should know. */
  readonly warnings: readonly string[]
  readonly errors: readonly ErrorRecord[]
  /** What each source looked like, so that the next run can tell an emptied or unmounted folder. */
  readonly sources: readonly SourceSighting[]
}

export interface SourceSighting {
  readonly path: string
  readonly kind: 'directory' | 'file'
  /** Entries at the top of a directory; 1 for a file. */
  readonly entries: number
  /** True when the path was a mount point of its own. */
  readonly mounted: boolean
  /** Mount points below it that hold data of their own; absent where none is looked into. */
  readonly mounts?: readonly string[]
}

/** What retention did to a component. */
export interface RetentionResult {
  readonly component: string
  /** Refused: the clock is not believed, or too much would go at once; a person has to look. */
  readonly outcome: 'done' | 'refused' | 'failed' | 'interrupted'
  /** What went, in this order, each with its reason. */
  readonly removed: readonly { readonly point: string; readonly reason: string }[]
  /** Restore points that are left; absent when the engine could not be asked. */
  readonly kept?: number
  /** For a database: the base backup from which on any second can be restored; absent when no WAL is removed. */
  readonly windowFrom?: string
  readonly durationMs: number
  /** Why it is not done; everything that is left can be restored all the same. */
  readonly error?: ErrorRecord
}

export interface RunResult {
  readonly runId: string
  readonly site: string
  readonly outcome: RunOutcome
  readonly beganAt: Instant
  readonly durationMs: number
  readonly healed: readonly string[]
  /** The signal that interrupted the run, such as SIGTERM; absent when none did. */
  readonly stoppedBy?: string
  /** What went wrong with the run itself, beside its steps; a run with such is never `done`. */
  readonly errors: readonly ErrorRecord[]
  /** The version of the recovery kit that the run left; absent when it could not be refreshed. */
  readonly kit?: { readonly point: string; readonly addedBytes: number; readonly durationMs: number }
  readonly steps: readonly StepResult[]
  /** One for each component whose retention was due; absent when none was. */
  readonly retention?: readonly RetentionResult[]
  /** How each channel took what it was told of this run; absent when there was nothing to tell. */
  readonly notices?: readonly Delivery[]
}

/** What the core tells whoever listens: the terminal, the JSON stream, the journal. */
export type RunEvent =
  | { readonly type: 'run-began'; readonly at: Instant; readonly runId: string; readonly components: readonly string[] }
  | { readonly type: 'run-waits'; readonly at: Instant; readonly holder: string }
  | { readonly type: 'run-healed'; readonly at: Instant; readonly what: string }
  | { readonly type: 'step-began'; readonly at: Instant; readonly component: string }
  | { readonly type: 'step-progress'; readonly at: Instant; readonly component: string; readonly progress: Progress }
  | {
      readonly type: 'step-retries'
      readonly at: Instant
      readonly component: string
      readonly error: ErrorRecord
      readonly waitMs: number
    }
  | { readonly type: 'step-ended'; readonly at: Instant; readonly result: StepResult }
  | { readonly type: 'retention-began'; readonly at: Instant; readonly component: string }
  | { readonly type: 'retention-progress'; readonly at: Instant; readonly component: string; readonly progress: Progress }
  | { readonly type: 'retention-ended'; readonly at: Instant; readonly result: RetentionResult }
  | { readonly type: 'run-ended'; readonly at: Instant; readonly result: RunResult }

export type Listener = (event: RunEvent) => void
