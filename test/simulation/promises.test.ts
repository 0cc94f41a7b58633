import { expect, test } from 'vitest'
import { brokenPromises, mostPoints, unclaimed, type Era, type TakenPoint } from './promises.ts'

/** The judge itself: whatever is broken, it notices. */

const policy = { daily: 3, monthly: 2 } as const

const point = (date: string, id = date, pinned = false): TakenPoint => ({
  component: 'documents',
  id,
  at: Date.parse(date),
  date,
  digest: '',
  pinned,
})

/** January is one month too old; of February the 27th stands for the month; the 3rd of March has two points. */
const taken = [
  point('2031-01-05'),
  point('2031-02-01', '2031-02-01', true),
  point('2031-02-27'),
  point('2031-03-01'),
  point('2031-03-02'),
  point('2031-03-03', 'first'),
  point('2031-03-03', 'second'),
]
const kept = ['2031-02-01', '2031-02-27', '2031-03-01', '2031-03-02', 'second']

test('nothing is broken when every day, month and pin has its point', () => {
  expect(brokenPromises(taken, new Set(kept), policy)).toEqual([])
})

test.each([
  ['2031-03-01', 'no point of 2031-03-01'],
  ['second', 'no point of 2031-03-03'],
  ['second', 'second was the newest and is gone'],
  ['2031-02-01', '2031-02-01 was pinned and is gone'],
])('without %s: %s', (gone, words) => {
  const left = new Set(kept.filter((id) => id !== gone))
  expect(brokenPromises(taken, left, policy)).toContain(words)
})

test('a month needs a point of its own', () => {
  const unpinned = taken.map((one) => ({ ...one, pinned: false }))
  const left = new Set(kept.filter((id) => !id.startsWith('2031-02')))
  expect(brokenPromises(unpinned, left, policy)).toEqual(['no point of 2031-02'])
})

test('as many points as ever were are too many', () => {
  const days = Array.from({ length: 28 }, (_, index) => point(`2031-05-${String(index + 1).padStart(2, '0')}`))
  expect(mostPoints(days, policy)).toBeLessThan(days.length)
})

const hour = 3_600_000
const time = (hours: number) => new Date(hours * hour).toISOString()
const era = (from: number, to: number, timeline = 1): Era => ({ from: from * hour, to: to * hour, timeline, commits: [] })

test('seconds that no window claims are noticed: before, between, behind, and on another timeline', () => {
  const windows = [
    { from: time(2), to: time(5), timeline: 1 },
    { from: time(7), to: time(9), timeline: 1 },
    { from: time(4), to: time(20), timeline: 2 },
  ]
  expect(unclaimed([era(2, 5)], 0, windows)).toEqual([])
  expect(unclaimed([era(2, 5), era(7, 9)], 0, windows)).toEqual([])
  expect(unclaimed([era(1, 5)], 3 * hour, windows)).toEqual([])
  expect(unclaimed([era(1, 5)], 0, windows)).toHaveLength(1)
  expect(unclaimed([era(2, 9)], 0, windows)).toHaveLength(1)
  expect(unclaimed([era(7, 10)], 0, windows)).toHaveLength(1)
  expect(unclaimed([era(3, 5, 2)], 0, windows)).toHaveLength(1)
})
