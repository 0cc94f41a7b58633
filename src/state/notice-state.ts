import type { Instant } from '../domain/clock.ts'
import { noticeKinds, type EvidenceLine, type Notice, type NoticeItem } from '../domain/notice.ts'
import type { RecoveryWindow } from '../domain/restore-point.ts'
import { flag, listOf, number, object, oneOf, optional, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'
import type { Incident } from '../policy/incidents.ts'
import type { WaitingNotice } from '../policy/outbox.ts'
import { errorRecord, instant } from './shapes.ts'
import { readState, stateFault, writeState, type StateFolders, type StateFault } from './state-folders.ts'

/** What is remembered from one process to the next. */
export interface NoticeState {
  readonly incidents: readonly Incident[]
  /** In the order in which they were written. */
  readonly waiting: readonly WaitingNotice[]
  /** Channels that said they are gone; not asked again until their address is another one. */
  readonly givenUp: readonly GivenUp[]
}

export interface GivenUp {
  readonly channel: string
  readonly fingerprint: string
  readonly at: Instant
  readonly reason: string
}

const incident = object<Incident>({
  subject: text,
  component: optional(text),
  since: instant,
  count: number(),
  seenAt: instant,
  toldAt: instant,
  toldCodes: listOf(text),
  error: errorRecord,
})

const item = object<NoticeItem>({
  subject: text,
  component: optional(text),
  since: instant,
  count: number(),
  error: errorRecord,
  isReminder: optional(flag),
  lastGood: optional(object<NonNullable<NoticeItem['lastGood']>>({ id: text, at: instant })),
  window: optional(object<Pick<RecoveryWindow, 'from' | 'to'>>({ from: instant, to: instant })),
})

const notice = object<Notice>({
  kind: oneOf(...noticeKinds, 'test'),
  site: text,
  at: instant,
  configuration: optional(text),
  items: optional(listOf(item)),
  others: optional(text),
  evidence: optional(listOf(object<EvidenceLine>({ subject: text, isGood: flag, text, at: optional(instant) }))),
})

export const noticeStates = defineStateFile<NoticeState>({
  what: 'what people were told of, and what waits to be told,',
  version: 1,
  shape: object<NoticeState>({
    incidents: listOf(incident),
    waiting: listOf(object<WaitingNotice>({ id: text, channel: text, notice })),
    givenUp: listOf(object<GivenUp>({ channel: text, fingerprint: text, at: instant, reason: text })),
  }),
  mode: 0o600,
  folderMode: 0o755,
  keep: 'durable',
  whenUnusable: 'ignored',
})

const fileName = 'notices.json'

/** Absent, or of no use: then nothing is remembered, and what is wrong is told once more. */
export const readNoticeState = (folders: StateFolders): NoticeState =>
  readState(noticeStates, folders, fileName) ?? { incidents: [], waiting: [], givenUp: [] }

export const noticeFault = (folders: StateFolders): StateFault | undefined => stateFault(noticeStates, folders, fileName)

export const writeNoticeState = (folders: StateFolders, state: NoticeState): Error | undefined =>
  writeState(noticeStates, folders, fileName, state)
