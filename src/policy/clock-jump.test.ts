import { expect, test } from 'vitest'
import { instant } from '../domain/clock.ts'
import { clockFault, lookAtClock, type ClockSighting } from './clock-jump.ts'

const hour = 3_600_000
const start = Date.UTC(2026, 0, 26)

type Look = readonly [wallHours: number, uptimeHours: number, bootId?: string]

/** Looks in a row: the hours that a wall showed, each so many hours after the machine started. */
function look(...looks: readonly Look[]): ClockSighting {
  let seen: ClockSighting | undefined
  for (const [wall, uptime, bootId = 'one'] of looks) {
    seen = lookAtClock({ at: instant(start + wall * hour), bootId, uptimeMs: uptime * hour }, seen)
  }
  return seen as ClockSighting
}

const faultAfter = (...looks: readonly Look[]): string | undefined => clockFault(look(...looks), undefined)

test('a clock that goes on is believed, and so is one that a time server corrects a little', () => {
  expect(faultAfter([0, 1], [1, 2], [3.01, 4])).toBeUndefined()
})

test('a clock that was set is doubted until it is set back, or nobody has undone it for a day', () => {
  expect(faultAfter([0, 1], [3, 2])).toBe('the clock was set ahead by 2h')
  expect(faultAfter([0, 1], [3, 2], [4, 3])).toBe('the clock was set ahead by 2h')
  expect(faultAfter([0, 1], [3, 2], [2, 3])).toBeUndefined()
  expect(faultAfter([5, 1], [3, 2])).toBe('the clock was set back by 3h')
  expect(faultAfter([0, 1], [3, 2], [28, 27])).toBeUndefined()
})

test('a machine without a clock of its own is told the time after its start', () => {
  expect(faultAfter([0, 0.1], [900, 0.2])).toBeUndefined()
})

test('a machine that was off for months is believed, one that starts before it stopped is not, until it is corrected', () => {
  expect(faultAfter([0, 1], [900, 0.1, 'two'])).toBeUndefined()
  expect(faultAfter([10, 1], [3, 0.1, 'two'])).toBe('the clock was set back by 7h')
  expect(faultAfter([10, 1], [3, 0.1, 'two'], [3.1, 0.2, 'two'])).toBe('the clock was set back by 7h')
  expect(faultAfter([10, 1], [3, 0.1, 'two'], [11, 0.2, 'two'])).toBeUndefined()
})

test('what was written in the future speaks against the clock', () => {
  const seen = look([0, 1])
  expect(clockFault(seen, instant(start + 0.5 * hour))).toBeUndefined()
  expect(clockFault(seen, instant(start + 5 * hour))).toBe('the clock is 5h behind the newest that was written here')
})
