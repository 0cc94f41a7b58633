import { defined } from '../../domain/defined.ts'
import type { Instant } from '../../domain/clock.ts'
import { liesBelow, type Findings } from '../../domain/finding.ts'
import { channelName, type Delivery, type Notice, type PingSignal } from '../../domain/notice.ts'
import { redactAll } from '../../domain/redact-all.ts'
import type { Answer, Channel } from '../../notices/port.ts'
import type { Place } from '../../places/place.ts'
import { followIncidents, type Incident } from '../../policy/incidents.ts'
import { withNotices, type WaitingNotice } from '../../policy/outbox.ts'
import type { SiteView } from '../site/context.ts'
import { NoticeDelivery } from './deliver-notices.ts'
import { noticeItems, otherComponents } from './notice-facts.ts'
import { changeNoticeState, type Changed, type NoticeLocks } from '../evidence/notice-state.ts'
import { readNoticeState, type NoticeState } from '../../state/notice-state.ts'
import type { Notifier } from '../site/notifier.ts'

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

export function createNotifier(options: NotifierOptions): Notifier {
  return new OutboxNotifier(options)
}

/**
 * Every notice is written into the outbox first, and taken out once its channel has it: what a kill, a dead network or another
 * process comes between arrives later, and in order.
 */
class OutboxNotifier implements Notifier {
  readonly unusable: readonly Delivery[]
  private readonly options: NotifierOptions
  private readonly locks: NoticeLocks
  private opened: Promise<OpenChannels> | undefined
  private readonly delivery: NoticeDelivery
  private readonly deadlineMs: number

  constructor(options: NotifierOptions) {
    const { view, place, unusable, deadlineMs = usualDeadlineMs } = options
    this.options = options
    this.unusable = unusable
    const { stateDirectory, runtimeDirectory, clock } = view
    this.locks = { stateDirectory, runtimeDirectory, place, clock }
    this.deadlineMs = deadlineMs
    this.delivery = new NoticeDelivery(view, this.locks, async () => (await this.open()).channels, deadlineMs)
  }

  report(findings: Findings): Promise<readonly Delivery[]> {
    return this.safely(async () => {
      const { site } = this.options.view
      if (!site.notify.some(({ kind }) => kind !== 'ping')) return []
      const before = readNoticeState(this.locks)
      const mayEnd = before.incidents.some(({ subject }) => findings.looked.some((beginning) => liesBelow(subject, beginning)))
      if (findings.found.length === 0 && !mayEnd) return this.delivery.deliver(before.waiting)
      const { redact } = await this.open()
      const written = await changeNoticeState(this.locks, (state) => this.follow(state, redactAll(findings, redact), redact))
      return this.deliverWritten(written)
    })
  }

  deliverWaiting(): Promise<readonly Delivery[]> {
    return this.safely(() => this.delivery.deliver(readNoticeState(this.locks).waiting))
  }

  tell(notice: Notice): Promise<readonly Delivery[]> {
    return this.safely(async () => {
      const { redact } = await this.open()
      const clean = redactAll({ ...notice, ...this.named }, redact)
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
          const answer = await this.delivery.insistently(abort, () => channel.ping(signal, redact(text), abort))
          const delivery: Delivery =
            answer.outcome === 'delivered'
              ? { channel: channel.name, outcome: 'delivered' }
              : { channel: channel.name, outcome: 'given-up', reason: redact(answer.reason) }
          // That a run began is worth no line of history; how it was told to end is.
          if (signal !== 'start' || answer.outcome !== 'delivered') this.delivery.note({ ...delivery, kind: 'ping' })
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
          await this.delivery.forgive(name)
          return this.noted({ channel: name, outcome: 'delivered' })
        }),
      )
    })
  }

  private noted(delivery: Delivery): Delivery {
    this.delivery.note({ ...delivery, kind: 'test' })
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
      ...defined({ others }),
    })
    const notices = [
      ...(told.length === 0 ? [] : [notice('failure', told, otherComponents(view, told, news.open, findings))]),
      ...(news.over.length === 0 ? [] : [notice('all-clear', news.over)]),
    ]
    return this.enqueue(
      { ...state, incidents: news.open },
      notices.map((one) => redactAll(one, redact)),
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
      this.delivery.note({ channel, kind: notice.kind, outcome: 'given-up', reason: 'too many notices were waiting' })
    }
    return this.delivery.deliver(result.waiting, result.fresh, isStored ? [] : result.fresh)
  }
}

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
