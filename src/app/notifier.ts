import type { Findings } from '../domain/finding.ts'

/** How a channel took a notice. */
export interface Delivery {
  /** As people write it: `discord`, `webhook ops`. */
  readonly channel: string
  readonly outcome: 'delivered' | 'waits' | 'given-up'
  /** Why it waits or was given up, in one line without a secret. */
  readonly reason?: string
}

/**
 * Whoever tells people. It remembers which findings are open: a new one is told at once, one that lasts is counted, one that is
 * over gets its all-clear. What no channel took waits in the outbox for the next call. No method throws: a notice that fails
 * never fails what it tells of.
 */
export interface Notifier {
  report(findings: Findings): Promise<readonly Delivery[]>
}
