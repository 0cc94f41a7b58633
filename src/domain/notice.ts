import type { Instant } from './clock.ts'
import type { ErrorRecord } from './errors.ts'
import type { RecoveryWindow } from './restore-point.ts'

/** What a notice is about; a configuration says which channel gets which. */
export const noticeKinds = ['failure', 'all-clear', 'heartbeat', 'summary'] as const

export type NoticeKind = (typeof noticeKinds)[number]

/** What a dead man's switch is told of a run. */
export const pingSignals = ['start', 'success', 'fail'] as const

export type PingSignal = (typeof pingSignals)[number]

/** A channel as the configuration names it. Its address is a secret, and no part of it. */
export type ChannelSettings = DiscordSettings | WebhookSettings | PingSettings

interface NamedChannel {
  /** Undefined for the only channel of its kind, when nobody gave it a name. */
  readonly name: string | undefined
}

interface OwnServer {
  /** PEM file of a private authority that signed the certificate of the address. */
  readonly caFile?: string | undefined
}

export interface DiscordSettings extends NamedChannel {
  readonly kind: 'discord'
  readonly events: readonly NoticeKind[]
  /** Who is called by a failure; ids of Discord. */
  readonly mention?: { readonly user?: string | undefined; readonly role?: string | undefined } | undefined
}

export interface WebhookSettings extends NamedChannel, OwnServer {
  readonly kind: 'webhook'
  readonly events: readonly NoticeKind[]
}

export interface PingSettings extends NamedChannel, OwnServer {
  readonly kind: 'ping'
  readonly signals: readonly PingSignal[]
}

/** As people write it: `discord`, `webhook ops`. */
export const channelName = ({ kind, name }: Pick<ChannelSettings, 'kind' | 'name'>): string =>
  name === undefined ? kind : `${kind} ${name}`

/** Something that is wrong and has been told, or is over: with what a person asks next. */
export interface NoticeItem {
  /** The finding's subject: `run/logs`. */
  readonly subject: string
  /** Undefined for what concerns the whole site. */
  readonly component?: string
  readonly since: Instant
  /** How often it was seen. */
  readonly count: number
  readonly error: ErrorRecord
  /** True when it was told before and lasts. */
  readonly isReminder?: boolean
  /** The newest good restore point of the component, as far as this machine knows. */
  readonly lastGood?: { readonly id: string; readonly at: Instant }
  /** What can be restored of a database, newest last, as of `askedAt`. */
  readonly window?: Pick<RecoveryWindow, 'from' | 'to'>
}

/** A line of evidence: what was seen, and when. Without a time it has never been seen. */
export interface EvidenceLine {
  readonly subject: string
  readonly isGood: boolean
  /** In words, without the time. */
  readonly text: string
  readonly at?: Instant
}

/** What is to be told, as data. A channel lays it out; nothing in it is a secret. */
export interface Notice {
  readonly kind: NoticeKind | 'test'
  readonly site: string
  readonly at: Instant
  /** The configuration, where the command line needs to be told. */
  readonly configuration?: string
  /** Of a failure and an all-clear. */
  readonly items?: readonly NoticeItem[]
  /** How the other components are, in words. */
  readonly others?: string
  /** Of a heartbeat and a summary. */
  readonly evidence?: readonly EvidenceLine[]
}

/** How a channel took a notice. */
export interface Delivery {
  /** As people write it: `discord`, `webhook ops`. */
  readonly channel: string
  readonly outcome: 'delivered' | 'waits' | 'given-up'
  /** Why it waits or was given up, in one line without a secret. */
  readonly reason?: string
}
