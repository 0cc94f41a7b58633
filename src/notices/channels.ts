import { createHash } from 'node:crypto'
import {
  channelName,
  type ChannelSettings,
  type DiscordSettings,
  type PingSettings,
  type WebhookSettings,
} from '../domain/notice.ts'
import { sendToDiscord } from './discord.ts'
import { sendPing } from './ping.ts'
import type { Channel, NoticeChannel, PingChannel } from './port.ts'
import { sendToWebhook } from './webhook.ts'

/** A channel at its address. */
export function createChannel(settings: ChannelSettings, address: URL, version: string): NoticeChannel | PingChannel {
  if (settings.kind === 'ping') return pingChannel(settings, address, version)
  return noticeChannel(settings, address, version)
}

export function unusableChannel(settings: ChannelSettings, reason: string): Channel {
  return { takes: 'nothing', name: channelName(settings), events: settings.kind === 'ping' ? [] : settings.events, reason }
}

function noticeChannel(settings: DiscordSettings | WebhookSettings, address: URL, version: string): NoticeChannel {
  return {
    takes: 'notices',
    name: channelName(settings),
    events: settings.events,
    fingerprint: createHash('sha256').update(address.href).digest('hex').slice(0, 16),
    send: (notice, options) =>
      settings.kind === 'discord'
        ? sendToDiscord(address, notice, { ...options, version, mention: settings.mention })
        : sendToWebhook(address, notice, { ...options, version, caFile: settings.caFile }),
  }
}

function pingChannel(settings: PingSettings, address: URL, version: string): PingChannel {
  return {
    takes: 'pings',
    name: channelName(settings),
    signals: settings.signals,
    ping: (signal, text, abort) => sendPing(address, signal, text, { signal: abort, version, caFile: settings.caFile }),
  }
}
