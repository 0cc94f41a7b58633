import type { RunResult, StepResult } from '../../domain/events.ts'
import type { Instant } from '../../domain/clock.ts'
import type { DrillResult } from '../../domain/drill.ts'
import type { Delivery, Notice } from '../../domain/notice.ts'

/** One line of the journal. `at` is ISO 8601 in UTC in the file. */
export type JournalRecord =
  | {
      readonly type: 'run-began'
      readonly at: Instant
      readonly runId: string
      readonly site: string
      readonly components: readonly string[]
      readonly version: string
    }
  | { readonly type: 'step-ended'; readonly at: Instant; readonly runId: string; readonly result: StepResult }
  | { readonly type: 'run-ended'; readonly at: Instant; readonly runId: string; readonly result: Omit<RunResult, 'steps'> }
  | {
      readonly type: 'restored'
      readonly at: Instant
      readonly component: string
      readonly point: string
      readonly target: string
      readonly durationMs: number
      /** What kind of target, and how much came back; absent in records of older versions. */
      readonly kind?: string
      readonly sizeBytes?: number
    }
  | { readonly type: 'drilled'; readonly at: Instant; readonly result: DrillResult }
  | {
      readonly type: 'pinned'
      readonly at: Instant
      readonly component: string
      readonly point: string
      readonly previousPoint: string
      readonly reason: string
    }
  | {
      readonly type: 'unpinned'
      readonly at: Instant
      readonly component: string
      readonly point: string
      readonly previousPoint: string
    }
  /** This machine took the place of another one, whose journal the records before this one are. */
  | { readonly type: 'recovered'; readonly at: Instant; readonly from: string; readonly kit: string }
  | { readonly type: 'set-up'; readonly at: Instant; readonly changes: readonly string[] }
  /** What retention is about to remove from a component, by the ids of its points. */
  | { readonly type: 'retention-began'; readonly at: Instant; readonly component: string; readonly points: readonly string[] }
  | {
      readonly type: 'point-removed'
      readonly at: Instant
      readonly component: string
      readonly point: string
      readonly reason: string
    }
  /** Retention of a component has been applied in full, be it that nothing had to go. */
  | {
      readonly type: 'retention-ended'
      readonly at: Instant
      readonly component: string
      readonly removed: number
      readonly kept: number
      readonly durationMs: number
    }
  /** A person has looked at the clock: gaps before, and what is dated up to `newestTrace`, are no reason to doubt it. */
  | { readonly type: 'clock-confirmed'; readonly at: Instant; readonly newestTrace: Instant }
  /** What a channel was told, or not; `ping` for a dead man's switch. Written when a notice begins to wait, and when it is settled. */
  | {
      readonly type: 'notice'
      readonly at: Instant
      readonly channel: string
      readonly kind: Notice['kind'] | 'ping'
      readonly outcome: Delivery['outcome']
      readonly reason?: string
      /** Of a failure and an all-clear, what it told of. */
      readonly subjects?: readonly string[]
    }
