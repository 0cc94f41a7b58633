import { expect, test } from 'vitest'
import { instant } from '../domain/clock.ts'
import { heartbeatFault } from './heartbeat-due.ts'

const now = instant(Date.UTC(2026, 0, 26))
const daysAgo = (days: number) => instant(now - days * 86_400_000)

test('a heartbeat is overdue a little after its period, counted from the last one, or from the first look', () => {
  const long = { lookedSince: daysAgo(400), lastAt: daysAgo(34) }
  expect(heartbeatFault('monthly', { ...long, lastAt: daysAgo(32) }, now)).toBeUndefined()
  expect(heartbeatFault('monthly', long, now)).toBe('no heartbeat was sent for 34d, and one is due monthly')
  expect(heartbeatFault('weekly', { ...long, lastAt: daysAgo(9) }, now)).toContain('due weekly')
  expect(heartbeatFault('daily', { ...long, lastAt: daysAgo(2) }, now)).toContain('due daily')
  expect(heartbeatFault('never', long, now)).toBeUndefined()
  expect(heartbeatFault('monthly', { lookedSince: daysAgo(3), lastAt: undefined }, now)).toBeUndefined()
  expect(heartbeatFault('monthly', { lookedSince: daysAgo(40), lastAt: undefined }, now)).toContain('for 40d')
})
