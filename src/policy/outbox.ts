import type { Instant } from '../domain/clock.ts'
import type { Notice } from '../domain/notice.ts'

/** A notice that a channel has yet to take. */
export interface WaitingNotice {
  readonly id: string
  /** The channel's name, as people write it. */
  readonly channel: string
  readonly notice: Notice
}

/** So many lie in the outbox at most, of all channels together: a channel that is dead for months must not fill the disk. */
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
  const waiting = [...before, ...more]
  const dropped: WaitingNotice[] = []
  while (waiting.length > most) {
    const least = leastFirst.find((kind) => waiting.some(({ notice }) => notice.kind === kind))
    const [gone] = waiting.splice(
      waiting.findIndex(({ notice }) => notice.kind === least),
      1,
    )
    if (gone !== undefined) dropped.push(gone)
  }
  return { waiting, dropped }
}

/** Since when the oldest of them waits. */
export const waitingSince = (waiting: readonly WaitingNotice[]): Instant | undefined =>
  waiting.length === 0 ? undefined : (Math.min(...waiting.map(({ notice }) => notice.at)) as Instant)
