import type { Instant } from './clock.ts'
import type { ErrorRecord } from './errors.ts'

/** Something that is wrong at this moment, as a run or a check saw it. */
export interface Finding {
  /**
   * What is wrong, in the same words as long as it lasts: `run/logs`, `watch/database/archiving`. It begins with who looked,
   * because whoever looked closes what is over, and nobody else's.
   */
  readonly subject: string
  /** The component that it is about; undefined for what concerns the whole site. */
  readonly component: string | undefined
  /** Since when it has been so, as far as whoever looked can tell. */
  readonly since: Instant
  readonly error: ErrorRecord
}

/** All that a look found. What lies below `looked` and isn't among the findings is well. */
export interface Findings {
  /** Beginnings of subjects, such as `run/logs` or `watch/`. */
  readonly looked: readonly string[]
  readonly found: readonly Finding[]
  /** Components that the same run has yet to come to: nothing new is known of them. */
  readonly pending?: readonly string[]
}

/** Whether a subject is the beginning itself or lies below it: `run/logs` holds `run/logs` and `run/logs/more`, not `run/logs2`. */
export const liesBelow = (subject: string, beginning: string): boolean =>
  subject === beginning || subject.startsWith(beginning.endsWith('/') ? beginning : `${beginning}/`)
