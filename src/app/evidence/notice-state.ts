import { join } from 'node:path'
import type { Clock, Instant } from '../../domain/clock.ts'
import { toHoldfastError } from '../../domain/errors.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import type { Place } from '../../places/place.ts'
import { waitingSince } from '../../policy/outbox.ts'
import { readNoticeState, writeNoticeState, type GivenUp, type NoticeState } from '../../state/notice-state.ts'
import type { StateFolders } from '../../state/state-folders.ts'

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
    writeNoticeState(folders, state)
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
