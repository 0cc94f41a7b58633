import { defined } from '../../domain/defined.ts'
import { duration } from '../../domain/duration.ts'
import { toHoldfastError } from '../../domain/errors.ts'
import type { Delivery, Notice } from '../../domain/notice.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import type { Answer, Channel, NoticeChannel } from '../../notices/port.ts'
import type { WaitingNotice } from '../../policy/outbox.ts'
import type { SiteView } from '../site/context.ts'
import { changeNoticeState, withNoticeLock, type NoticeLocks } from '../evidence/notice-state.ts'
import { readNoticeState, type NoticeState } from '../../state/notice-state.ts'

/** Once a channel has cost a call all of its time, the next calls of the same process don't pay as much again. */
const laterDeadlineMs = 5000

/** A channel that said it is gone may be back, or was never it that said so; more often, Discord would take offence. */
const askedAgainAfter = duration(1, 'd')

/** A notice that is sent so long after it was written says so. */
const delayedAfterMs = 120_000

/**
 * Takes notices out of the outbox and to their channels, in order, one process at a time. A notice that arrived just before a
 * kill may come twice; none is lost.
 */
export class NoticeDelivery {
  private readonly view: SiteView
  private readonly locks: NoticeLocks
  private readonly channelsOf: () => Promise<readonly Channel[]>
  private deadlineMs: number

  /** @param deadlineMs how long one call may take, in milliseconds */
  constructor(view: SiteView, locks: NoticeLocks, channelsOf: () => Promise<readonly Channel[]>, deadlineMs: number) {
    this.view = view
    this.locks = locks
    this.channelsOf = channelsOf
    this.deadlineMs = deadlineMs
  }

  /**
   * Sends all that waits, channel by channel; gives back how each channel took it.
   *
   * @param fresh those of them that this call has written
   * @param unstored those that are in memory alone
   */
  async deliver(
    waiting: readonly WaitingNotice[],
    fresh: readonly WaitingNotice[] = [],
    unstored: readonly WaitingNotice[] = [],
  ): Promise<readonly Delivery[]> {
    if (waiting.length === 0) return []
    const signal = AbortSignal.timeout(this.deadlineMs)
    const channels = await this.channelsOf()
    const names = [...new Set(waiting.map(({ channel }) => channel))]
    let hasBegun = false
    const work = () => {
      hasBegun = true
      return Promise.all(
        names.map((name) => {
          const channel = channels.find((one) => one.name === name)
          return this.deliverTo(channel, name, fresh, unstored, signal)
        }),
      )
    }
    let deliveries: readonly Delivery[]
    try {
      deliveries = await withNoticeLock(this.locks, 'delivery.lock', { waitMs: this.deadlineMs, signal }, work)
    } catch (error) {
      if (hasBegun) throw error
      const { code } = toHoldfastError(error)
      // Another process delivers, and takes these along. Where no lock can be had at all, twice is better than never.
      deliveries =
        code === 'locked' || code === 'interrupted'
          ? names.map((channel) => ({ channel, outcome: 'waits', reason: 'another process is delivering' }))
          : await work()
    }
    if (deliveries.some(({ outcome }) => outcome === 'waits')) this.deadlineMs = Math.min(this.deadlineMs, laterDeadlineMs)
    return deliveries
  }

  private async deliverTo(
    channel: Channel | undefined,
    name: string,
    fresh: readonly WaitingNotice[],
    unstored: readonly WaitingNotice[],
    signal: AbortSignal,
  ): Promise<Delivery> {
    const isFresh = (item: WaitingNotice) => fresh.some(({ id }) => id === item.id)
    const remembered = readNoticeState(this.locks)
    // Read anew: another process may have delivered some of them meanwhile.
    const items = [...remembered.waiting, ...unstored].filter((item) => item.channel === name)
    const keep = (outcome: 'waits' | 'given-up', reason: string): Delivery => {
      for (const item of items.filter(isFresh)) this.note({ channel: name, kind: item.notice.kind, outcome, reason }, item.notice)
      return { channel: name, outcome, reason }
    }
    if (channel === undefined) {
      await this.takeOut(items)
      return keep('given-up', 'it is not in the configuration any more')
    }
    if (channel.takes !== 'notices') return keep('waits', channel.takes === 'nothing' ? channel.reason : 'it takes no notices')
    const gone = remembered.givenUp.find((one) => one.channel === name)
    const isGone = gone !== undefined && Math.abs(this.view.clock.now() - gone.at) < askedAgainAfter
    if (isGone && gone.fingerprint === channel.fingerprint) return keep('given-up', gone.reason)
    return this.sendAll(channel, items, isFresh, signal)
  }

  private async sendAll(
    channel: NoticeChannel,
    items: readonly WaitingNotice[],
    isFresh: (item: WaitingNotice) => boolean,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const { name } = channel
    let refusal: string | undefined
    for (const [index, item] of items.entries()) {
      const isDelayed = this.view.clock.now() - item.notice.at > delayedAfterMs
      const answer = await this.insistently(signal, () => channel.send(item.notice, { signal, isDelayed }))
      if (answer.outcome === 'delivered' || answer.outcome === 'refused') {
        await this.takeOut([item])
        const outcome = answer.outcome === 'delivered' ? 'delivered' : 'given-up'
        refusal = answer.outcome === 'refused' ? answer.reason : refusal
        this.note({ channel: name, kind: item.notice.kind, outcome, ...reasonOf(answer) }, item.notice)
        continue
      }
      if (answer.outcome === 'gone') await this.giveUp(channel, answer.reason)
      const outcome = answer.outcome === 'gone' ? 'given-up' : 'waits'
      for (const left of items.slice(index).filter(isFresh)) {
        this.note({ channel: name, kind: left.notice.kind, outcome, reason: answer.reason }, left.notice)
      }
      return { channel: name, outcome, reason: answer.reason }
    }
    await this.forgive(name)
    return refusal === undefined
      ? { channel: name, outcome: 'delivered' }
      : { channel: name, outcome: 'given-up', reason: refusal }
  }

  /** Tries again what may work in a moment, as long as there is time. */
  async insistently(signal: AbortSignal, attempt: () => Promise<Answer>): Promise<Answer> {
    const { clock } = this.view
    const endsAt = clock.now() + this.deadlineMs
    for (let waitMs = 1000; ; waitMs *= 2) {
      const answer = await attempt()
      if (answer.outcome !== 'later' || signal.aborted) return answer
      const pauseMs = Math.max(answer.afterMs ?? waitMs, 100)
      if (clock.now() + pauseMs >= endsAt) return answer
      try {
        await clock.sleep(pauseMs, signal)
      } catch {
        return answer
      }
    }
  }

  private async takeOut(items: readonly WaitingNotice[]): Promise<void> {
    await changeNoticeState(this.locks, (state) => ({
      state: { ...state, waiting: state.waiting.filter(({ id }) => !items.some((item) => item.id === id)) },
      result: undefined,
    }))
  }

  private async giveUp({ name, fingerprint }: NoticeChannel, reason: string): Promise<void> {
    const at = this.view.clock.now()
    await changeNoticeState(this.locks, (state) => ({
      state: { ...state, givenUp: [...withoutChannel(state, name), { channel: name, fingerprint, at, reason }] },
      result: undefined,
    }))
  }

  async forgive(name: string): Promise<void> {
    if (!readNoticeState(this.locks).givenUp.some(({ channel }) => channel === name)) return
    await changeNoticeState(this.locks, (state) => ({
      state: { ...state, givenUp: withoutChannel(state, name) },
      result: undefined,
    }))
  }

  /** A journal that can't be written is told of by the run, and no reason to leave people in the dark. */
  note(told: Delivery & { readonly kind: Notice['kind'] | 'ping' }, notice?: Notice): void {
    const subjects = notice?.items?.map(({ subject }) => subject)
    const { clock, journal } = this.view
    const record: JournalRecord = { type: 'notice', at: clock.now(), ...told, ...defined({ subjects }) }
    try {
      journal.append(record)
    } catch {
      // As above.
    }
  }
}

const withoutChannel = ({ givenUp }: NoticeState, name: string) => givenUp.filter(({ channel }) => channel !== name)

const reasonOf = (answer: Answer): { reason?: string } => ('reason' in answer ? { reason: answer.reason } : {})
