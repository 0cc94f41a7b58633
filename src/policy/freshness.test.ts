import { expect, test } from 'vitest'
import { parseInstant } from '../domain/clock.ts'
import { stalenessOf } from './freshness.ts'

const now = parseInstant('2026-01-27T19:30:00Z')

test('last night’s point is fresh, and so is one of a night that daylight saving made longer', () => {
  expect(stalenessOf(parseInstant('2026-01-26T19:02:51Z'), now)).toBeUndefined()
  expect(stalenessOf(parseInstant('2026-01-26T18:00:00Z'), now)).toBeUndefined()
})

test('a missed night is stale, whatever the last run said', () => {
  expect(stalenessOf(parseInstant('2026-01-25T19:02:51Z'), now)).toBe(
    'the newest good restore point is 2d old, and a run is due every day',
  )
})

test('no point at all is never fresh', () => {
  expect(stalenessOf(undefined, now)).toBe('there is no good restore point')
})

test('a point of tomorrow tells of a wrong clock, and is not called fresh', () => {
  expect(stalenessOf(parseInstant('2026-01-29T19:30:00Z'), now)).toContain('2d ahead of this machine’s clock')
})
