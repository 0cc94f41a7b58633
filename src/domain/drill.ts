import type { EngineName } from './repository.ts'
import type { Instant } from './clock.ts'
import type { ErrorRecord } from './errors.ts'
import type { Progress } from './events.ts'
import type { Delivery } from './notice.ts'
import type { RestorePointKind } from './restore-point.ts'

/** A question to a restored database, and the answer that is right. */
export interface DrillQuery {
  readonly query: string
  readonly database: string
  /** As psql prints it: `t`, `42`, lines one below the other. */
  readonly is: string
}

/** What a drill looks at beside what it always does. */
export interface DrillWish {
  /** Only of databases. */
  readonly queries: readonly DrillQuery[]
  /** Only of files: absolute paths as on the source. */
  readonly mustExist: readonly string[]
}

/** Something that was asked of the restored data. */
export interface Assertion {
  readonly what: string
  readonly holds: boolean
  /** What came instead, or what was counted. */
  readonly said?: string
}

export type DrillOutcome = 'passed' | 'failed' | 'interrupted'

/** What the drill of a component showed. Durations in milliseconds, sizes in bytes. */
export interface DrillResult {
  readonly component: string
  readonly engine: EngineName
  readonly outcome: DrillOutcome
  readonly beganAt: Instant
  readonly durationMs: number
  /** What was restored; absent when it did not come so far. */
  readonly point?: { readonly id: string; readonly kind: RestorePointKind; readonly endedAt: Instant }
  /** From the beginning until all data was there, a database recovered and answering: the measured outage. */
  readonly recoveryMs?: number
  /** How much of the newest work was not in what came back, at most: the measured loss. */
  readonly lossMs?: number
  readonly sizeBytes?: number
  /** Files, folders and links that came back. */
  readonly entries?: number
  readonly assertions: readonly Assertion[]
  /** What is no failure, and worth a word. */
  readonly notes: readonly string[]
  /** Why it failed. */
  readonly error?: ErrorRecord
}

export interface DrillReport {
  readonly site: string
  readonly outcome: DrillOutcome
  readonly beganAt: Instant
  readonly durationMs: number
  /** What drills that were killed had left behind. */
  readonly healed: readonly string[]
  readonly drills: readonly DrillResult[]
  /** What went wrong with the drill itself, beside its components. */
  readonly errors: readonly ErrorRecord[]
  /** How each channel took what it was told; absent when there was nothing to tell. */
  readonly notices?: readonly Delivery[]
}

export type DrillEvent =
  | { readonly type: 'drill-began'; readonly at: Instant; readonly components: readonly string[] }
  | { readonly type: 'drill-waits'; readonly at: Instant; readonly holder: string }
  | { readonly type: 'drill-healed'; readonly at: Instant; readonly what: string }
  | { readonly type: 'component-began'; readonly at: Instant; readonly component: string }
  | { readonly type: 'component-progress'; readonly at: Instant; readonly component: string; readonly progress: Progress }
  | { readonly type: 'component-ended'; readonly at: Instant; readonly result: DrillResult }
  | { readonly type: 'drill-ended'; readonly at: Instant; readonly report: DrillReport }
