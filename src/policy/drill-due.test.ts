import { expect, test } from 'vitest'
import { instant, type Instant } from '../domain/clock.ts'
import type { Period } from '../domain/site.ts'
import { drillFault } from './drill-due.ts'

const now = instant(Date.UTC(2026, 0, 31))
const daysAgo = (days: number): Instant => instant(now - days * 86_400_000)

test.each<[Period, { backedUp?: number; passed?: number }, string | undefined]>([
  ['monthly', { backedUp: 400, passed: 32 }, undefined],
  ['monthly', { backedUp: 400, passed: 34 }, 'no drill of it has passed for 34d, and one is due monthly'],
  ['weekly', { backedUp: 400, passed: 7.5 }, undefined],
  ['weekly', { backedUp: 400, passed: 9 }, 'no drill of it has passed for 9d, and one is due weekly'],
  ['daily', { backedUp: 400, passed: 1 }, undefined],
  ['daily', { backedUp: 400, passed: 2 }, 'no drill of it has passed for 2d, and one is due daily'],
  // None ever: counted from the first backup.
  ['monthly', { backedUp: 32 }, undefined],
  ['monthly', { backedUp: 34 }, 'no drill of it is known to have passed, and it has been backed up for 34d'],
  ['monthly', {}, undefined],
  ['never', { backedUp: 400 }, undefined],
])('with drills %s and %o, what is overdue is %s', (period, { backedUp, passed }, fault) => {
  const since = (days: number | undefined) => (days === undefined ? undefined : daysAgo(days))
  expect(drillFault(period, { backedUpSince: since(backedUp), passedAt: since(passed) }, now)).toBe(fault)
})
