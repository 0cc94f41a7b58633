import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HoldfastError } from '../domain/errors.ts'
import { waitBeforeRetry } from './retry.ts'

const passing = new HoldfastError('storage-unreachable', 'the storage does not answer')
const lasting = new HoldfastError('wrong-key', 'the passphrase does not open the repository')
const patienceMs = 180_000

describe('trying again', () => {
  test('never happens after an error that will not pass', () => {
    expect(waitBeforeRetry(lasting, 1, 0, patienceMs)).toBeUndefined()
  })

  test('waits twice as long each time, up to a minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => waitBeforeRetry(passing, attempt, 0, patienceMs))
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('ends when the next wait would go past the patience of the site', () => {
    expect(waitBeforeRetry(passing, 1, patienceMs - 2000, patienceMs)).toBe(2000)
    expect(waitBeforeRetry(passing, 1, patienceMs - 1999, patienceMs)).toBeUndefined()
    expect(waitBeforeRetry(passing, 1, 0, 0)).toBeUndefined()
  })

  test('never takes longer than the patience in all, and always ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600_000 }), fc.integer({ min: 0, max: 60_000 }), (patience, eachTakesMs) => {
        let elapsedMs = 0
        let attempts = 0
        for (
          let wait: number | undefined = 0;
          wait !== undefined;
          wait = waitBeforeRetry(passing, attempts, elapsedMs, patience)
        ) {
          expect(elapsedMs + wait).toBeLessThanOrEqual(patience + eachTakesMs)
          elapsedMs += wait + eachTakesMs
          attempts += 1
          expect(attempts).toBeLessThan(2000)
        }
      }),
    )
  })
})
