import type { Instant } from '../domain/clock.ts'
import { toHoldfastError } from '../domain/errors.ts'
import { liesBelow, type Findings } from '../domain/finding.ts'
import { channelName, type Delivery, type Notice, type PingSignal } from '../domain/notice.ts'
import type { JournalRecord } from '../journal/records.ts'
import type { Answer, Channel, NoticeChannel } from '../notices/port.ts'
import type { Place } from '../places/place.ts'
import { followIncidents, type Incident } from '../policy/incidents.ts'
import { withNotices, type WaitingNotice } from '../policy/outbox.ts'
import type { SiteView } from './context.ts'
import { noticeItems, otherComponents } from './notice-facts.ts'
import {
  changeNoticeState,
  readNoticeState,
  withNoticeLock,
  type Changed,
  type NoticeLocks,
  type NoticeState,
} from './notice-state.ts'
import type { Notifier } from './notifier.ts'

/** Channels with their addresses, and what must be in none of their notices. Loaded when there is something to send. */
export interface OpenChannels {
  readonly channels: readonly Channel[]
  readonly redact: (text: string) => string
}

export interface NotifierOptions {
  readonly view: SiteView
  readonly place: Place
  /** The configuration, where it isn't the usual one and commands have to name it. */
  readonly configuration: string | undefined
  readonly open: () => Promise<OpenChannels>
  readonly unusable: readonly Delivery[]
  /** How long one call may take to deliver, in milliseconds. */
  readonly deadlineMs?: number
}

const usualDeadlineMs = 20_000

/** What a change of the outbox came to. */
interface Written {
  readonly waiting: readonly WaitingNotice[]
  readonly fresh: readonly WaitingNotice[]
  readonly dropped: readonly WaitingNotice[]
}

/** Once a channel has cost a call all of its time, the next calls of the same process don't pay as much again. */
const laterDeadlineMs = 5000

/** A notice that is sent so long after it was written says so. */
const delayedAfterMs = 120_000

export function createNotifier(options: NotifierOptions): Notifier {
  return new OutboxNotifier(options)
}

/**
 * Every notice is written into the outbox first, and taken out once its channel has it: what a kill, a dead network or another
 * process comes between arrives later, and in order. A notice that arrived just before a kill may come twice; none is lost.
 */
class OutboxNotifier implements Notifier {
  readonly unusable: readonly Delivery[]
  private readonly options: NotifierOptions
  private readonly locks: NoticeLocks
  private opened: Promise<OpenChannels> | undefined
  private deadlineMs: number

  constructor(options: NotifierOptions) {
    this.options = options
    this.unusable = options.unusable
    this.locks = { stateDirectory: options.view.stateDirectory, place: options.place, clock: options.view.clock }
    this.deadlineMs = options.deadlineMs ?? usualDeadlineMs
  }

  report(findings: Findings): Promise<readonly Delivery[]> {
    return this.safely(async () => {
      const { site } = this.options.view
      if (!site.notify.some(({ kind }) => kind !== 'ping')) return []
      const before = readNoticeState(this.locks.stateDirectory)
      const mayEnd = before.incidents.some(({ subject }) => findings.looked.some((beginning) => liesBelow(subject, beginning)))
      if (findings.found.length === 0 && !mayEnd) return this.deliver(before.waiting)
      const { redact } = await this.open()
      const written = await changeNoticeState(this.locks, (state) => this.follow(state, redacted(findings, redact), redact))
      return this.deliverWritten(written)
    })
  }

  deliverWaiting(): Promise<readonly Delivery[]> {
    return this.safely(() => this.deliver(readNoticeState(this.locks.stateDirectory).waiting))
  }

  tell(notice: Notice): Promise<readonly Delivery[]> {
    return this.safely(async () => {
      const { redact } = await this.open()
      const clean = redacted({ ...notice, ...this.named }, redact)
      const written = await changeNoticeState(this.locks, (state) => this.enqueue(state, [clean]))
      return this.deliverWritten(written)
    })
  }

  ping(signal: PingSignal, text: string): Promise<readonly Delivery[]> {
    return this.safely(async () => {
      const { site } = this.options.view
      if (!site.notify.some((settings) => settings.kind === 'ping' && settings.signals.includes(signal))) return []
      const { channels, redact } = await this.open()
      const abort = AbortSignal.timeout(this.deadlineMs / 2)
      const switches = channels.filter((channel) => channel.takes === 'pings').filter(({ signals }) => signals.includes(signal))
      return Promise.all(
        switches.map(async (channel) => {
          const answer = await this.insistently(abort, () => channel.ping(signal, redact(text), abort))
          const delivery: Delivery =
            answer.outcome === 'delivered'
              ? { channel: channel.name, outcome: 'delivered' }
              : { channel: channel.name, outcome: 'given-up', reason: redact(answer.reason) }
          // That a run began is worth no line of history; how it was told to end is.
          if (signal !== 'start' || answer.outcome !== 'delivered') this.note({ ...delivery, kind: 'ping' })
          return delivery
        }),
      )
    })
  }

  test(): Promise<readonly Delivery[]> {
    return this.safely(async () => {
      const { channels, redact } = await this.open()
      const { clock, site } = this.options.view
      const notice: Notice = { kind: 'test', site: site.name, at: clock.now() }
      const signal = AbortSignal.timeout(this.deadlineMs)
      return Promise.all(
        channels.map(async (channel): Promise<Delivery> => {
          const answer = await testChannel(channel, notice, signal)
          const { name } = channel
          if (answer.outcome !== 'delivered')
            return this.noted({ channel: name, outcome: 'given-up', reason: redact(answer.reason) })
          await this.forgive(name)
          return this.noted({ channel: name, outcome: 'delivered' })
        }),
      )
    })
  }

  private noted(delivery: Delivery): Delivery {
    this.note({ ...delivery, kind: 'test' })
    return delivery
  }

  /** Whatever goes wrong with telling people never goes wrong with what they are told of. */
  private async safely(work: () => Promise<readonly Delivery[]>): Promise<readonly Delivery[]> {
    try {
      return await work()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return [{ channel: 'notices', outcome: 'given-up', reason }]
    }
  }

  /** The configuration, where commands have to name it. */
  private get named(): Pick<Notice, 'configuration'> {
    const { configuration } = this.options
    return configuration === undefined ? {} : { configuration }
  }

  private open(): Promise<OpenChannels> {
    this.opened ??= this.options.open()
    return this.opened
  }

  /** What a look changes, and the notices that follow from it. */
  private follow(state: NoticeState, findings: Findings, redact: (text: string) => string) {
    const { view } = this.options
    const now = view.clock.now()
    const news = followIncidents(state.incidents, findings, now)
    const told = [...news.begun, ...news.reminded]
    const notice = (kind: Notice['kind'], incidents: readonly Incident[], others?: string): Notice => ({
      kind,
      site: view.site.name,
      at: now,
      ...this.named,
      items: noticeItems(view, incidents, news.reminded),
      ...(others === undefined ? {} : { others }),
    })
    const notices = [
      ...(told.length === 0 ? [] : [notice('failure', told, otherComponents(view, told, news.open, findings))]),
      ...(news.over.length === 0 ? [] : [notice('all-clear', news.over)]),
    ]
    return this.enqueue(
      { ...state, incidents: news.open },
      notices.map((one) => redacted(one, redact)),
    )
  }

  private enqueue(state: NoticeState, notices: readonly Notice[]): { state: NoticeState; result: Written } {
    const { view } = this.options
    const fresh = notices.flatMap((notice): WaitingNotice[] =>
      view.site.notify
        .filter((settings) => settings.kind !== 'ping' && notice.kind !== 'test' && settings.events.includes(notice.kind))
        .map((settings) => ({ id: newId(notice.at), channel: channelName(settings), notice })),
    )
    const { waiting, dropped } = withNotices(state.waiting, fresh)
    return { state: { ...state, waiting }, result: { waiting, fresh, dropped } }
  }

  private deliverWritten({ result, isStored }: Changed<Written>): Promise<readonly Delivery[]> {
    for (const { channel, notice } of result.dropped) {
      this.note({ channel, kind: notice.kind, outcome: 'given-up', reason: 'too many notices were waiting' })
    }
    return this.deliver(result.waiting, result.fresh, isStored ? [] : result.fresh)
  }

  /**
   * Sends all that waits, channel by channel; gives back how each channel took it.
   *
   * @param fresh those of them that this call has written
   * @param unstored those that are in memory alone
   */
  private async deliver(
    waiting: readonly WaitingNotice[],
    fresh: readonly WaitingNotice[] = [],
    unstored: readonly WaitingNotice[] = [],
  ): Promise<readonly Delivery[]> {
    if (waiting.length === 0) return []
    const signal = AbortSignal.timeout(this.deadlineMs)
    const { channels } = await this.open()
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
    const remembered = readNoticeState(this.locks.stateDirectory)
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
    if (gone?.fingerprint === channel.fingerprint) return keep('given-up', gone.reason)
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
      const isDelayed = this.options.view.clock.now() - item.notice.at > delayedAfterMs
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
  private async insistently(signal: AbortSignal, attempt: () => Promise<Answer>): Promise<Answer> {
    const { clock } = this.options.view
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
    const at = this.options.view.clock.now()
    await changeNoticeState(this.locks, (state) => ({
      state: { ...state, givenUp: [...withoutChannel(state, name), { channel: name, fingerprint, at, reason }] },
      result: undefined,
    }))
  }

  private async forgive(name: string): Promise<void> {
    if (!readNoticeState(this.locks.stateDirectory).givenUp.some(({ channel }) => channel === name)) return
    await changeNoticeState(this.locks, (state) => ({
      state: { ...state, givenUp: withoutChannel(state, name) },
      result: undefined,
    }))
  }

  /** A journal that can't be written is told of by the run, and no reason to leave people in the dark. */
  private note(told: Delivery & { readonly kind: Notice['kind'] | 'ping' }, notice?: Notice): void {
    const subjects = notice?.items?.map(({ subject }) => subject)
    const { clock, journal } = this.options.view
    const record: JournalRecord = { type: 'notice', at: clock.now(), ...told, ...(subjects === undefined ? {} : { subjects }) }
    try {
      journal.append(record)
    } catch {
      // As above.
    }
  }
}

const withoutChannel = ({ givenUp }: NoticeState, name: string) => givenUp.filter(({ channel }) => channel !== name)

const reasonOf = (answer: Answer): { reason?: string } => ('reason' in answer ? { reason: answer.reason } : {})

async function testChannel(channel: Channel, notice: Notice, signal: AbortSignal): Promise<Answer> {
  switch (channel.takes) {
    case 'notices':
      return channel.send(notice, { signal, isDelayed: false })
    case 'pings':
      return channel.ping('log', `a test from ${notice.site}`, signal)
    case 'nothing':
      return { outcome: 'refused', reason: channel.reason }
  }
}

/** Unlike all others that lie in the outbox; time and chance, without loading node:crypto. */
const newId = (at: Instant): string => `${at.toString(36)}-${Math.floor(Math.random() * 2 ** 40).toString(36)}`

/** All texts with their secrets blacked out: what is sent leaves the machine, what waits lies on its disk. */
function redacted<Data extends Findings | Notice>(data: Data, redact: (text: string) => string): Data {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]))
  }
  return walk(data) as Data
}
