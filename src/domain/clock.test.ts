import { describe, expect, test } from 'vitest'
import { isoInstant, parseInstant, systemClock } from './clock.ts'

describe('an instant', () => {
  test('is the same after it was written and read', () => {
    const at = parseInstant('2026-01-26T14:30:05.123+08:00')
    expect(isoInstant(at)).toBe('2026-01-26T06:30:05.123Z')
    expect(parseInstant(isoInstant(at))).toBe(at)
  })

  test('never comes out of a text that is not a time', () => {
    expect(() => parseInstant('yesterday')).toThrow('not a time in ISO 8601: yesterday')
  })
})

describe('sleeping', () => {
  test('ends by itself', async () => {
    const before = systemClock.now()
    await systemClock.sleep(5, new AbortController().signal)
    expect(systemClock.now()).toBeGreaterThan(before)
  })

  test('ends with the reason when it is interrupted, however long it was to be', async () => {
    const stopping = new AbortController()
    const sleeping = systemClock.sleep(300_000, stopping.signal)
    const reason = new Error('stopped by SIGTERM')
    stopping.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    await expect(systemClock.sleep(300_000, stopping.signal)).rejects.toBe(reason)
  })
})
