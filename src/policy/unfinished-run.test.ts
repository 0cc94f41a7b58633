import { describe, expect, test } from 'vitest'
import { parseInstant } from '../domain/clock.ts'
import { unfinishedRun } from './unfinished-run.ts'

const now = parseInstant('2026-01-26T12:00:00Z')

const runBegan = (at: string, runId = 'r1') => ({ type: 'run-began', at: parseInstant(at), runId })
const runEnded = (at: string, runId = 'r1') => ({ type: 'run-ended', at: parseInstant(at), runId })
const recovered = (at: string) => ({ type: 'recovered', at: parseInstant(at) })

type Records = Parameters<typeof unfinishedRun>[0]

/** As they were written, oldest first. */
const recordsOf = (...written: readonly (Records extends Iterable<infer One> ? One : never)[]) => written.toReversed()

describe('a run without an end', () => {
  test('was killed, or goes on: it is the newest that began', () => {
    const records = recordsOf(
      runBegan('2026-01-24T03:00:00Z', 'r1'),
      runEnded('2026-01-24T03:01:00Z'),
      runBegan('2026-01-25T03:00:00Z', 'r2'),
    )
    expect(unfinishedRun(records, now)).toEqual({ runId: 'r2', at: parseInstant('2026-01-25T03:00:00Z') })
  })

  test('is found although its steps were written', () => {
    const records = recordsOf(runBegan('2026-01-25T03:00:00Z', 'r2'), {
      type: 'step-ended',
      at: parseInstant('2026-01-25T03:01:00Z'),
      runId: 'r2',
    })
    expect(unfinishedRun(records, now)?.runId).toBe('r2')
  })

  test('is none of a time that has not come, as when the clock was wrong', () => {
    const records = recordsOf(
      runEnded('2026-01-25T03:01:00Z'),
      runBegan('2026-01-26T12:59:59Z', 'a little ahead'),
      runBegan('2027-01-25T03:00:00Z', 'a year ahead'),
    )
    expect(unfinishedRun(records, now)?.runId).toBe('a little ahead')
  })

  test('is none when its end was written with another clock, years ahead or behind', () => {
    for (const end of ['2027-01-26T03:01:00Z', '2025-01-26T03:01:00Z']) {
      const records = recordsOf(
        runBegan('2026-01-25T03:00:00Z', 'r1'),
        runEnded('2026-01-25T03:01:00Z', 'r1'),
        runBegan('2026-01-26T03:00:00Z', 'r2'),
        runEnded(end, 'r2'),
      )
      expect(unfinishedRun(records, now)).toBeUndefined()
    }
  })

  test('is the newest, whoever else ended with another clock', () => {
    const records = recordsOf(runBegan('2026-01-26T03:00:00Z', 'r2'), runEnded('2027-01-26T03:01:00Z', 'r1'))
    expect(unfinishedRun(records, now)?.runId).toBe('r2')
  })

  test('is none after a run that ended, even if an older one was killed', () => {
    const records = recordsOf(
      runBegan('2026-01-24T03:00:00Z', 'r1'),
      runBegan('2026-01-25T03:00:00Z', 'r2'),
      runEnded('2026-01-25T03:01:00Z', 'r2'),
    )
    expect(unfinishedRun(records, now)).toBeUndefined()
    expect(unfinishedRun([], now)).toBeUndefined()
  })

  test('is none of a machine that is gone: the mirror of its journal ends before its last run does', () => {
    const records = recordsOf(runBegan('2026-01-25T03:00:00Z'), recovered('2026-01-25T08:00:00Z'))
    expect(unfinishedRun(records, now)).toBeUndefined()
    expect(unfinishedRun(recordsOf(...records.toReversed(), runBegan('2026-01-26T03:00:00Z', 'r2')), now)?.runId).toBe('r2')
  })
})
