import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { instant } from '../domain/clock.ts'
import type { Notice } from '../domain/notice.ts'
import { waitingSince, withNotices, type WaitingNotice } from './outbox.ts'

const waiting = (kind: Notice['kind'], minutes: number): WaitingNotice => ({
  id: `${kind}-${minutes}`,
  channel: 'discord',
  notice: { kind, site: 'pi-hosting', at: instant(minutes * 60_000) },
})

it('drops what was to say that all is well before any failure, the oldest first', () => {
  const before = [waiting('failure', 1), waiting('heartbeat', 2), waiting('all-clear', 3), waiting('heartbeat', 4)]
  const { waiting: left, dropped } = withNotices(before, [waiting('failure', 5), waiting('failure', 6)], 3)
  expect(left.map(({ id }) => id)).toEqual(['failure-1', 'failure-5', 'failure-6'])
  expect(dropped.map(({ id }) => id)).toEqual(['heartbeat-2', 'heartbeat-4', 'all-clear-3'])
})

it('has as much room for each channel, so that one that is dead takes none of another’s', () => {
  const dead = [1, 2, 3].map((minutes) => waiting('failure', minutes))
  const other = { ...waiting('heartbeat', 4), channel: 'discord ops' }
  const { waiting: left, dropped } = withNotices(dead, [other], 2)
  expect(left.map(({ id }) => id)).toEqual(['failure-2', 'failure-3', 'heartbeat-4'])
  expect(dropped.map(({ id }) => id)).toEqual(['failure-1'])
})

it('keeps the newest failures when there is nothing else to drop', () => {
  const { waiting: left } = withNotices([waiting('failure', 1), waiting('failure', 2)], [waiting('failure', 3)], 2)
  expect(left.map(({ id }) => id)).toEqual(['failure-2', 'failure-3'])
})

it('never holds more than it may, never loses one unsaid, and keeps the order', () => {
  const kind = fc.constantFrom<Notice['kind']>('failure', 'all-clear', 'heartbeat', 'summary', 'test')
  fc.assert(
    fc.property(
      fc.array(kind, { maxLength: 30 }),
      fc.array(kind, { maxLength: 30 }),
      fc.integer({ min: 1, max: 20 }),
      (old, more, most) => {
        const before = old.map((one, index) => waiting(one, index))
        const after = more.map((one, index) => waiting(one, 100 + index))
        const { waiting: left, dropped } = withNotices(before, after, most)
        expect(left.length).toBeLessThanOrEqual(most)
        expect(left.length + dropped.length).toBe(before.length + after.length)
        expect(left).toEqual([...before, ...after].filter((one) => left.includes(one)))
      },
    ),
  )
})

it('tells since when the oldest waits', () => {
  expect(waitingSince([])).toBeUndefined()
  expect(waitingSince([waiting('failure', 7), waiting('failure', 3)])).toBe(180_000)
})
