import { expect, test } from 'vitest'
import { instant, parseInstant } from '../domain/clock.ts'
import { isRetentionDue, type RetentionTrace } from './retention-due.ts'

const now = parseInstant('2026-01-26T12:00:00Z')
const trace = (what: RetentionTrace['what'], hoursAgo: number) => ({ what, at: instant(now - hoursAgo * 3_600_000) })
const backedUp = (hoursAgo: number) => trace('backed-up', hoursAgo)
const retained = (hoursAgo: number) => trace('retained', hoursAgo)

test.each<[string, readonly RetentionTrace[], boolean]>([
  ['not before there is a backup', [], false],
  ['not on the first day of a component', [backedUp(0), backedUp(3)], false],
  ['on its second', [backedUp(0), backedUp(24)], true],
  ['not again within the day', [backedUp(0), retained(2), backedUp(3), retained(23), backedUp(24)], false],
  ['again the day after', [backedUp(0), retained(24), backedUp(24)], true],
  ['not because of what a clock that was ahead dated', [backedUp(-48), retained(-47), backedUp(0), backedUp(3)], false],
  ['whatever a clock that was ahead dated', [retained(-47), backedUp(0), backedUp(24)], true],
  ['on the second day of one that was long away', [backedUp(0), trace('other', 41 * 24), backedUp(42 * 24)], false],
])('retention is due %s', (_, newestFirst, due) => {
  expect(isRetentionDue(newestFirst, now)).toBe(due)
})
