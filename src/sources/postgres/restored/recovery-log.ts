import { isAhead, isoInstant, parseInstant, type Instant } from '../../../domain/clock.ts'
import { HoldfastError, isHoldfastError } from '../../../domain/errors.ts'
import { BoundedText } from '../../../places/bounded-text.ts'

/** What a restored server writes to its log while it recovers, and what that shows of how far recovery came. */
export class RecoveryLog {
  private readonly text = new BoundedText(20_000)
  private stoppedAtTarget = false
  private lastSegment = ''
  /** The time of the commit that recovery stopped before. */
  private stoppedBefore: Instant | undefined
  /** In the server's words, such as `2026-01-26 06:30:04.512+00`; undefined when no transaction was replayed. */
  lastTransactionAt: string | undefined
  /** When the named restore point was made that recovery stopped at. */
  namedAt: Instant | undefined

  /** Gives back the segment of WAL that the line says was restored, if it does. */
  addLine(line: string): string | undefined {
    this.text.addLine(line)
    this.stoppedAtTarget ||= /recovery stopping (?:before|after|at)/.test(line)
    this.namedAt = timeIn(line, /recovery stopping at restore point ".*", time (\S+) (\S+)\+00$/) ?? this.namedAt
    this.stoppedBefore =
      timeIn(line, /recovery stopping before (?:commit|abort) of transaction \d+, time (\S+) (\S+)\+00$/) ?? this.stoppedBefore
    this.lastTransactionAt = /last completed transaction was at log time (.+)$/.exec(line)?.[1] ?? this.lastTransactionAt
    // Timeline, log and segment, eight hex digits each; history files have other names.
    const segment = /restored log file "([0-9A-F]{24})"/.exec(line)?.[1]
    this.lastSegment = segment ?? this.lastSegment
    return segment
  }

  /**
   * Throws `recovery-incomplete` when recovery ended before its target: at a segment that can't be fetched, or at a commit that
   * a wrong clock dated in the future.
   *
   * @param lastWal the last segment that is known to be in the archive
   */
  refuseEarlyEnd(lastWal: string | undefined, now: Instant): void {
    if (!this.stoppedAtTarget) this.refuseMissingSegment(lastWal)
    if (this.stoppedBefore !== undefined && isAhead(this.stoppedBefore, now)) throw this.metTheFuture(this.stoppedBefore)
  }

  /** What a server that ended during recovery said last. */
  incomplete(): HoldfastError {
    const detail = this.text.toString()
    const fatal = detail.split('\n').findLast((line) => /FATAL|PANIC/.test(line))
    const why = fatal?.replace(/^.*?(FATAL|PANIC):\s*/, '') ?? 'it ended without a message'
    return new HoldfastError('recovery-incomplete', `the restored database does not start: ${why}`, {
      hint: 'the restored files are left where they are; another time or point may do: holdfast points',
      detail,
    })
  }

  /**
   * PostgreSQL takes a segment that can't be fetched for the end of the archive, whatever the reason: damage, a storage that
   * went away, a wrong key. It then starts as if all were well, with everything after that segment missing.
   */
  private refuseMissingSegment(lastWal: string | undefined): void {
    if (lastWal === undefined || this.lastSegment.slice(8) >= lastWal.slice(8)) return
    const reached = this.lastSegment === '' ? 'of the backup itself' : this.lastSegment
    throw new HoldfastError(
      'recovery-incomplete',
      `recovery ended after WAL segment ${reached}, and the archive goes on to ${lastWal}: the next segment cannot be read`,
      {
        hint: 'what was restored is left where it is, and is not all there is; an earlier time may do: holdfast points',
        detail: this.text.toString(),
      },
    )
  }

  /**
   * PostgreSQL stops at the first commit that is dated after the wanted time. One that a wrong clock dated years ahead stops it
   * there, and whatever was committed after it, at the right time, is not in the copy.
   */
  private metTheFuture(at: Instant): HoldfastError {
    const stamp = `${isoInstant(at).slice(0, 16)}Z`
    return new HoldfastError(
      'recovery-incomplete',
      `recovery stopped at a transaction that a wrong clock dated ${stamp}: what was committed after it is not in the copy`,
      {
        hint: 'nothing is missing in the archive: restore the latest, without --at, or a time after the next base backup: holdfast points',
        detail: this.text.toString(),
      },
    )
  }
}

/** The time that a pattern finds as day and time of day, which a private server writes in UTC. */
function timeIn(line: string, pattern: RegExp): Instant | undefined {
  const [, day, time] = pattern.exec(line) ?? []
  return day === undefined ? undefined : parseInstant(`${day}T${time}Z`)
}

/** The server read all WAL that there is, and did not come by what it was to stop at. */
export const neverMetTarget = (error: unknown): boolean =>
  isHoldfastError(error) && /recovery ended before configured recovery target/.test(error.detail ?? '')
