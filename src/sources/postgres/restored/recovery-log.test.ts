import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { instant, parseInstant } from '../../../domain/clock.ts'
import { neverMetTarget, RecoveryLog } from './recovery-log.ts'

const now = parseInstant('2026-01-26T12:00:00Z')
const segment = (number: number): string => `0000000100000000000000${number.toString(16).toUpperCase().padStart(2, '0')}`
const laterTimeline = (number: number): string => segment(number).replace(/^00000001/, '00000002')
const restored = (name: string): string => `2026-01-26 11:59:58.123 UTC [4711] LOG:  restored log file "${name}" from archive`
const stamped = (words: string): string => `2026-01-26 11:59:59.000 UTC [4711] LOG:  ${words}`

function logOf(...lines: readonly string[]): RecoveryLog {
  const log = new RecoveryLog()
  for (const line of lines) log.addLine(line)
  return log
}

describe('what a restored server logs', () => {
  test('tells each segment of WAL that is replayed, and no history file', () => {
    const log = new RecoveryLog()
    expect(log.addLine(restored(segment(7)))).toBe(segment(7))
    expect(log.addLine(restored('00000002.history'))).toBeUndefined()
    expect(log.addLine(stamped('redo starts at 0/7000028'))).toBeUndefined()
  })

  test('tells the last transaction, in the words of the server', () => {
    const log = logOf(
      stamped('last completed transaction was at log time 2026-01-26 06:30:04.512+00'),
      stamped('archive recovery complete'),
    )
    expect(log.lastTransactionAt).toBe('2026-01-26 06:30:04.512+00')
    expect(logOf().lastTransactionAt).toBeUndefined()
  })

  test('tells when the restore point was made that recovery stopped at', () => {
    const stop = stamped('recovery stopping at restore point "before upgrade", time 2026-01-25 10:00:00.25+00')
    const log = logOf(stop, stamped('archive recovery complete'))
    expect(log.namedAt).toBe(parseInstant('2026-01-25T10:00:00.250Z'))
  })
})

describe('recovery that ended early', () => {
  test('is refused where the archive goes on', async () => {
    const error = await failureOf(() => logOf(restored(segment(7))).refuseEarlyEnd(segment(9), now))
    expect(error.code).toBe('recovery-incomplete')
    expect(error.message).toContain(`after WAL segment ${segment(7)}, and the archive goes on to ${segment(9)}`)
    expect(error.detail).toContain(restored(segment(7)))
  })

  test('is refused at an earlier segment of a later timeline too', async () => {
    const error = await failureOf(() => logOf(restored(laterTimeline(7))).refuseEarlyEnd(segment(9), now))
    expect(error.message).toContain(`after WAL segment ${laterTimeline(7)}`)
  })

  test('is refused where not one segment could be fetched', async () => {
    const error = await failureOf(() => logOf().refuseEarlyEnd(segment(9), now))
    expect(error.message).toContain('after WAL segment of the backup itself')
  })

  test('is none at the last segment, also of a later timeline', () => {
    expect(() => logOf(restored(segment(9)), stamped('redo done')).refuseEarlyEnd(segment(9), now)).not.toThrow()
    expect(() => logOf(restored(laterTimeline(9))).refuseEarlyEnd(segment(9), now)).not.toThrow()
  })

  test('is none where only the backup counts, or the target was met', () => {
    expect(() => logOf().refuseEarlyEnd(undefined, now)).not.toThrow()
    const met = stamped('recovery stopping before commit of transaction 740, time 2026-01-26 11:00:00.5+00')
    expect(() => logOf(restored(segment(7)), met).refuseEarlyEnd(segment(9), now)).not.toThrow()
  })

  test('is refused at a commit that a wrong clock dated more than an hour ahead', async () => {
    const stop = stamped('recovery stopping before commit of transaction 740, time 2031-01-01 00:00:00+00')
    const error = await failureOf(() => logOf(stop).refuseEarlyEnd(segment(9), now))
    expect(error.code).toBe('recovery-incomplete')
    expect(error.message).toContain('2031-01-01T00:00Z')
    expect(() => logOf(stop).refuseEarlyEnd(segment(9), instant(parseInstant('2031-01-01T00:00:00Z') - 3_600_000))).not.toThrow()
  })
})

describe('a server that ended', () => {
  test('is reported with its last fatal words, and all of its log', () => {
    const error = logOf(
      stamped('starting PostgreSQL 15.4'),
      '2026-01-26 11:59:58 UTC [2] FATAL:  the database system is starting up',
      '2026-01-26 11:59:59 UTC [1] FATAL:  could not open file "pg_wal/x"',
      stamped('database system is shut down'),
    ).incomplete()
    expect(error.message).toBe('the restored database does not start: could not open file "pg_wal/x"')
    expect(error.detail).toContain('starting PostgreSQL 15.4')
  })

  test('is reported where it wrote nothing', () => {
    expect(logOf().incomplete().message).toBe('the restored database does not start: it ended without a message')
  })

  test('before its target is known as such', () => {
    const fatal = '2026-01-26 11:59:59 UTC [1] FATAL:  recovery ended before configured recovery target was reached'
    expect(neverMetTarget(logOf(fatal).incomplete())).toBe(true)
    expect(neverMetTarget(logOf().incomplete())).toBe(false)
    expect(neverMetTarget(new Error(fatal))).toBe(false)
  })
})
