import { isAhead, type Instant } from '../domain/clock.ts'
import { duration, formatDuration } from '../domain/duration.ts'

/** A look at two clocks: the one on the wall, which can be set, and the one that counts since the start of the machine. */
export interface ClockSighting {
  readonly at: Instant
  /** Of this start of the machine; another start counts anew. */
  readonly bootId: string
  readonly uptimeMs: number
  /** How far the clock has been set ahead of where it was, since it was last believed; negative when it was set back. */
  readonly jumpedMs: number
  readonly jumpedAt: Instant | undefined
}

/** What a network's time servers correct, and nobody needs to know of. */
const usualCorrection = duration(5, 'm')

/** A machine without a clock of its own starts with an old time, and is told the right one a little later. */
const settling = duration(15, 'm')

/** A jump that nobody undid for so long was wanted. */
const believedAfter = duration(1, 'd')

/** Adds a look at the clocks to what was seen before. */
export function lookAtClock(
  now: Pick<ClockSighting, 'at' | 'bootId' | 'uptimeMs'>,
  before: ClockSighting | undefined,
): ClockSighting {
  const believed = { ...now, jumpedMs: 0, jumpedAt: undefined }
  if (before === undefined) return believed
  const isSameStart = before.bootId === now.bootId
  // While it was off, time can only have gone on.
  const wentMs = isSameStart ? now.uptimeMs - before.uptimeMs : Math.max(0, now.at - before.at)
  const setMs = now.at - before.at - wentMs
  const isSet = Math.abs(setMs) > usualCorrection
  const jumpedMs = (isSameStart ? before.jumpedMs : 0) + (isSet ? setMs : 0)
  const jumpedAt = isSet ? now.at : before.jumpedAt
  if (Math.abs(jumpedMs) <= usualCorrection || jumpedAt === undefined) return believed
  if (jumpedMs > 0 && isSameStart && before.uptimeMs < settling) return believed
  return now.at - jumpedAt > believedAfter ? believed : { ...now, jumpedMs, jumpedAt }
}

/**
 * Why the clock may be wrong, or undefined when nothing speaks against it.
 *
 * @param newestTrace the newest that is dated: of the journal, or of restore points
 */
export function clockFault({ at, jumpedMs }: ClockSighting, newestTrace: Instant | undefined): string | undefined {
  if (newestTrace !== undefined && isAhead(newestTrace, at)) {
    return `the clock is ${formatDuration(newestTrace - at)} behind the newest that was written here`
  }
  if (jumpedMs === 0) return undefined
  return `the clock was set ${jumpedMs > 0 ? 'ahead' : 'back'} by ${formatDuration(Math.abs(jumpedMs))}`
}
