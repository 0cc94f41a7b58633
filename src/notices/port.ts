import type { Notice, NoticeKind, PingSignal } from '../domain/notice.ts'

/** How an address took what was sent to it, or why it did not. Reasons are lines for people, without the address. */
export type Answer =
  | { readonly outcome: 'delivered' }
  /** It may take it another time, after so many milliseconds where it says so. */
  | { readonly outcome: 'later'; readonly reason: string; readonly afterMs?: number }
  /** It refuses this notice, and will for ever. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** There is nobody at this address any more. To go on asking would get this machine banned. */
  | { readonly outcome: 'gone'; readonly reason: string }

/** Somewhere that notices go. */
export interface NoticeChannel {
  readonly takes: 'notices'
  /** As people write it: `discord`, `webhook ops`. */
  readonly name: string
  readonly events: readonly NoticeKind[]
  /** A mark of its address that doesn't tell it; another address has another one. */
  readonly fingerprint: string
  /** One attempt. Never throws. Says since when a notice has waited that is older than `now` by minutes. */
  send(notice: Notice, options: { readonly signal: AbortSignal; readonly isDelayed: boolean }): Promise<Answer>
}

/** A dead man's switch: it is told how runs go, and calls somebody when it hears nothing. */
export interface PingChannel {
  readonly takes: 'pings'
  readonly name: string
  readonly signals: readonly PingSignal[]
  /** `log` is noted there and changes nothing: for tests. Never throws. */
  ping(signal: PingSignal | 'log', text: string, abort: AbortSignal): Promise<Answer>
}

/** A channel that can't be used, and why. */
export interface UnusableChannel {
  readonly takes: 'nothing'
  readonly name: string
  /** What it would be sent; nothing for a dead man's switch. */
  readonly events: readonly NoticeKind[]
  readonly reason: string
}

export type Channel = NoticeChannel | PingChannel | UnusableChannel
