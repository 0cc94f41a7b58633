import { join } from 'node:path'
import type { Clock, Instant } from '../../domain/clock.ts'
import { toHoldfastError } from '../../domain/errors.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import type { Place } from '../../places/place.ts'
import type { Incident } from '../../policy/incidents.ts'
import { waitingSince, type WaitingNotice } from '../../policy/outbox.ts'
import { readStateFile, writeStateFile, type StateFolders } from '../site/state-file.ts'

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

const nothing: NoticeState = { incidents: [], waiting: [], givenUp: [] }

const fileName = 'notices.json'

/** Absent, torn by a crash, or written by somebody else: then nothing is remembered, and what is wrong is told once more. */
export function readNoticeState(folders: StateFolders): NoticeState {
  try {
    const { incidents, waiting, givenUp } = JSON.parse(readStateFile(folders, fileName) ?? '{}') as Partial<NoticeState>
    return {
      incidents: listOf(incidents, ({ subject, since, count, seenAt, toldAt, toldCodes, error }) =>
        [
          typeof subject === 'string',
          [since, count, seenAt, toldAt].every(Number.isFinite),
          Array.isArray(toldCodes),
          isError(error),
        ].every(Boolean),
      ),
      waiting: listOf(waiting, ({ id, channel, notice }) =>
        [
          typeof id === 'string',
          typeof channel === 'string',
          Number.isFinite((notice as WaitingNotice['notice'] | undefined)?.at),
        ].every(Boolean),
      ),
      givenUp: listOf(givenUp, ({ channel, fingerprint, at, reason }) =>
        [[channel, fingerprint, reason].every((text) => typeof text === 'string'), Number.isFinite(at)].every(Boolean),
      ),
    }
  } catch {
    return nothing
  }
}

function listOf<Item>(value: unknown, isItem: (item: Readonly<Record<string, unknown>>) => boolean): Item[] {
  if (!Array.isArray(value)) return []
  return value.filter(
    (item): item is Item => typeof item === 'object' && item !== null && isItem(item as Record<string, unknown>),
  )
}

function isError(value: unknown): boolean {
  const { code, message } = (value ?? {}) as Record<string, unknown>
  return typeof code === 'string' && typeof message === 'string'
}

/** What a lock of the notices needs. */
export interface NoticeLocks extends StateFolders {
  readonly place: Place
  readonly clock: Clock
}

/** Holds for as long as a file is written. */
const shortWaitMs = 5000

/** What a change came to, and whether it could be written down. */
export interface Changed<Result> {
  readonly result: Result
  readonly isStored: boolean
}

/**
 * Changes what is remembered, one process at a time. When it can't be locked or written, be it for a full disk, the change
 * still happens in memory: people have to hear of just that.
 */
export async function changeNoticeState<Result>(
  locks: NoticeLocks,
  change: (state: NoticeState) => { readonly state: NoticeState; readonly result: Result },
): Promise<Changed<Result>> {
  const waiting = { waitMs: shortWaitMs, signal: new AbortController().signal }
  let changed: Changed<Result> | undefined
  const work = () => (changed ??= changeNow(locks, change))
  try {
    return await withNoticeLock(locks, 'notices.lock', waiting, () => Promise.resolve(work()))
  } catch (error) {
    // Whoever holds it writes; where none can be had, nobody else writes either.
    const isHeld = toHoldfastError(error).code === 'locked'
    return isHeld ? { result: change(readNoticeState(locks)).result, isStored: false } : work()
  }
}

function changeNow<Result>(
  folders: StateFolders,
  change: (state: NoticeState) => { readonly state: NoticeState; readonly result: Result },
): Changed<Result> {
  const { state, result } = change(readNoticeState(folders))
  try {
    writeStateFile(folders, fileName, JSON.stringify(state), 0o600)
    return { result, isStored: true }
  } catch {
    return { result, isStored: false }
  }
}

/** One process delivers at a time, so that notices arrive in their order and once. Throws `locked` after the wait. */
export function withNoticeLock<Result>(
  { stateDirectory, place, clock }: NoticeLocks,
  name: 'notices.lock' | 'delivery.lock',
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  const file = join(stateDirectory, name)
  return withSiteLock({ place, clock, signal, file, verb: 'notify', waitMs, onWait: () => undefined }, work)
}

/** What a look at a site should know of its notices. */
export interface WaitingNotices {
  readonly count: number
  /** Since when the oldest waits. */
  readonly since: Instant | undefined
  readonly givenUp: readonly Pick<GivenUp, 'channel' | 'at' | 'reason'>[]
}

/** How many notices wait, since when, and which channels were given up; costs the reading of one file. */
export function waitingNotices(folders: StateFolders): WaitingNotices {
  const { waiting, givenUp } = readNoticeState(folders)
  return {
    count: waiting.length,
    since: waitingSince(waiting),
    givenUp: givenUp.map(({ channel, at, reason }) => ({ channel, at, reason })),
  }
}

/** The subject of a run that could not begin. */
export const beginSubject = 'site/begin'

/** Whether a run that could not begin said so by itself since a time. */
export const toldOfUnbegunRun = (folders: StateFolders, since: Instant): boolean =>
  readNoticeState(folders).incidents.some(({ subject, seenAt }) => subject === beginSubject && seenAt >= since)
