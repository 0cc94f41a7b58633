import { describe, expect, test } from 'vitest'
import { pointAt } from '../../test/support/points.ts'
import { instant, parseInstant, type Instant } from '../domain/clock.ts'
import { clockDoubt, removesMuch } from './retention-guards.ts'

const dayMs = 86_400_000
const now = parseInstant('2026-01-26T19:05:00Z')
const daysAgo = (...days: number[]): Instant[] => days.map((day) => instant(now - day * dayMs))
const everyDay = daysAgo(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)

describe('the clock', () => {
  test('is believed when there are traces of every day, or none at all', () => {
    expect(clockDoubt({ times: everyDay, confirmed: [] }, now)).toBeUndefined()
    expect(clockDoubt({ times: [], confirmed: [] }, now)).toBeUndefined()
    expect(clockDoubt({ times: daysAgo(0), confirmed: [] }, now)).toBeUndefined()
  })

  test('is behind when something is known of later than now, but not for the drift of an hour', () => {
    expect(clockDoubt({ times: [...everyDay, ...daysAgo(-3)], confirmed: [] }, now)).toBe(
      'the clock says 2026-01-26T19:05Z, 3d before the newest that is known here',
    )
    expect(clockDoubt({ times: [...everyDay, ...daysAgo(-0.04)], confirmed: [] }, now)).toBeUndefined()
  })

  test('is doubted after a jump ahead, also when a run has made a point since', () => {
    expect(clockDoubt({ times: daysAgo(400, 401, 402), confirmed: [] }, now)).toContain('no trace of this site for the 400d')
    expect(clockDoubt({ times: daysAgo(0, 0.01, 400, 401), confirmed: [] }, now)).toContain('no trace of this site for the')
  })

  test('is believed again two days after a machine was off for months', () => {
    expect(clockDoubt({ times: daysAgo(0, 1, 60, 61), confirmed: [] }, now)).toContain('no trace')
    expect(clockDoubt({ times: daysAgo(0, 1, 2, 60, 61), confirmed: [] }, now)).toBeUndefined()
  })

  test('is believed once a person has looked, until it does something new', () => {
    const looked = { at: now, newestTrace: instant(now + 900 * dayMs) }
    const odd = daysAgo(-900, 0, 60, 61)
    expect(clockDoubt({ times: odd, confirmed: [looked] }, now)).toBeUndefined()
    expect(clockDoubt({ times: odd, confirmed: [looked] }, instant(now + dayMs))).toBeUndefined()
    expect(clockDoubt({ times: odd, confirmed: [looked] }, instant(now + 100 * dayMs))).toContain('no trace')
    expect(clockDoubt({ times: [...odd, ...daysAgo(-1000)], confirmed: [looked] }, now)).toContain('the clock says')
    // What a clock that was ahead confirmed counts from then on only.
    expect(clockDoubt({ times: odd, confirmed: [{ ...looked, at: instant(now + 5 * dayMs) }] }, now)).toContain('the clock says')
  })
})

describe('how much goes at once', () => {
  const points = (count: number, base?: string) =>
    Array.from({ length: count }, (_, index) =>
      pointAt(instant(now + index), { id: `${base ?? 'p'}-${index}`, dependsOn: base ? [base] : [] }),
    )
  const kept = (count: number) => points(count).map((point) => ({ point, reasons: [] }))
  const going = (some: readonly ReturnType<typeof pointAt>[]) => some.map((point) => ({ point, reason: 'old' }))

  test('is much when it is more than a third and more than five', () => {
    expect(removesMuch({ keep: kept(30), remove: going(points(1)) })).toBe(false)
    expect(removesMuch({ keep: kept(1), remove: going(points(5)) })).toBe(false)
    expect(removesMuch({ keep: kept(12), remove: going(points(6)) })).toBe(false)
    expect(removesMuch({ keep: kept(11), remove: going(points(6)) })).toBe(true)
  })

  test('counts a chain of incrementals, which goes whole when its time has come, as one', () => {
    const chain = points(30).map((point, index, all) => ({ ...point, dependsOn: all.slice(0, index).map(({ id }) => id) }))
    expect(removesMuch({ keep: kept(8), remove: going(chain.toReversed()) })).toBe(false)
    // Differentials go one by one.
    expect(removesMuch({ keep: kept(8), remove: going(points(30, 'full')) })).toBe(true)
  })
})
