import type { Instant } from '../domain/clock.ts'
import type { Notice } from '../domain/notice.ts'

/** A notice that a channel has yet to take. */
export interface WaitingNotice {
  readonly id: string
  /** The channel's name, as people write it. */
  readonly channel: string
  readonly notice: Notice
}

/** So many lie in the outbox at most, of each channel: one that is dead for months must not fill the disk, nor take another's room. */
export const mostWaiting = 40

/** What goes first when there is no more room: what was to say that all is well, and of each kind the oldest. */
const leastFirst: readonly Notice['kind'][] = ['test', 'summary', 'heartbeat', 'all-clear', 'failure']

export interface Outbox {
  readonly waiting: readonly WaitingNotice[]
  /** What had to make room. */
  readonly dropped: readonly WaitingNotice[]
}

/** The outbox with new notices at its end. */
export function withNotices(before: readonly WaitingNotice[], more: readonly WaitingNotice[], most = mostWaiting): Outbox {
  const all = [...before, ...more]
  const dropped = new Set<WaitingNotice>()
  for (const channel of new Set(all.map((item) => item.channel))) {
    const own = all.filter((item) => item.channel === channel)
    const byWorth = leastFirst.flatMap((kind) => own.filter(({ notice }) => notice.kind === kind))
    for (const item of byWorth.slice(0, Math.max(0, own.length - most))) dropped.add(item)
  }
  return { waiting: all.filter((item) => !dropped.has(item)), dropped: [...dropped] }
}

/** Since when the oldest of them waits. */
export const waitingSince = (waiting: readonly WaitingNotice[]): Instant | undefined =>
  waiting.length === 0 ? undefined : (Math.min(...waiting.map(({ notice }) => notice.at)) as Instant)
