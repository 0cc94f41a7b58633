import type { Delivery, Notice, PingSignal } from '../../domain/notice.ts'
import type { Findings } from '../../domain/finding.ts'

export type { Delivery } from '../../domain/notice.ts'

/**
 * Whoever tells people. It remembers which findings are open: a new one is told at once, one that lasts is counted, one that is
 * over gets its all-clear. What no channel took waits in the outbox for the next call. No method throws: a notice that fails
 * never fails what it tells of.
 */
export interface Notifier {
  /** Channels that are known to have no good address; a run says so at its end, whether there is something to tell or not. */
  readonly unusable: readonly Delivery[]
  report(findings: Findings): Promise<readonly Delivery[]>
  /** Sends what waits from before. Costs the reading of one file when nothing does. */
  deliverWaiting(): Promise<readonly Delivery[]>
  /** Sends a notice to every channel that wants its kind. */
  tell(notice: Notice): Promise<readonly Delivery[]>
  /** Tells the dead man's switches of a run; what one of them doesn't take is never repeated, because it would be a lie later. */
  ping(signal: PingSignal, text: string): Promise<readonly Delivery[]>
  /** One message to every channel, past the outbox, whatever was thought of the channel before; and whether it arrived. */
  test(): Promise<readonly Delivery[]>
}
