import { expect, test } from 'vitest'
import { isoInstant, parseInstant } from '../domain/clock.ts'
import { offsetAt } from './local-time.ts'
import { nextOnWall } from './next-time.ts'

test.each([
  ['2026-01-26T12:00:00Z', '03:00', 'Australia/Perth', '2026-01-26T19:00:00.000Z'],
  ['2026-01-26T19:00:00Z', '03:00', 'Australia/Perth', '2026-01-27T19:00:00.000Z'],
  ['2026-01-26T18:59:59Z', '03:00', 'Australia/Perth', '2026-01-26T19:00:00.000Z'],
  // Clocks are set forward at 02:00 on 4 October, and back at 03:00 on 5 April.
  ['2026-10-03T10:00:00Z', '03:30', 'Australia/Sydney', '2026-10-03T16:30:00.000Z'],
  ['2026-04-04T10:00:00Z', '03:30', 'Australia/Sydney', '2026-04-04T17:30:00.000Z'],
])('after %s, it is next %s in %s at %s', (now, time, zone, next) => {
  expect(isoInstant(nextOnWall(parseInstant(now), time, (at) => offsetAt(at, zone)))).toBe(next)
})
