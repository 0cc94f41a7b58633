import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duration, formatDuration, parseDuration, writeDuration } from './duration.ts'

describe('reading a duration', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    [' 2h ', 7_200_000],
  ])('understands %j', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  test.each(['', '30', 'm', '30 m', '-5m', '+5m', '5M', '1y', '1h-30m', '1e3s', '.5h', 'soon', '99999999999999w'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  test.each(['0s', '0ms', '0.4ms'])('refuses %j, because nothing ends in no time', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('writing a duration', () => {
  test.each([
    [0, '0s'],
    [499, '0s'],
    [500, '1s'],
    [45_000, '45s'],
    [138_000, '2m 18s'],
    [11_100_000, '3h 5m'],
    [11_159_000, '3h 5m'],
    [86_400_000, '1d'],
    [88_200_000, '1d'],
    [1_051_200_000, '12d 4h'],
    [59_999, '1m'],
    [-5, '0s'],
  ])('says %d ms as %j', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})

test('what is written can be read again, true to the smaller of its two units', () => {
  const fineness = { d: 3_600_000, h: 60_000, m: 500, s: 500 }
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 1000 * 86_400_000 }), (milliseconds) => {
      const text = formatDuration(milliseconds)
      const first = /[dhms]/.exec(text)?.[0] as keyof typeof fineness
      const read = parseDuration(text.replaceAll(' ', ''))
      expect(read).toBeDefined()
      expect(Math.abs((read ?? 0) - milliseconds)).toBeLessThanOrEqual(fineness[first] + 500)
    }),
  )
})

test('what a person writes with whole numbers is read exactly', () => {
  const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), unit, (amount, of) => {
      expect(parseDuration(`${amount}${of}`)).toBe(duration(amount, of))
    }),
  )
})

test('what is written exactly is read exactly', () => {
  expect(writeDuration(duration(90, 'm'))).toBe('1h30m')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 * 86_400_000 }), (milliseconds) => {
      expect(parseDuration(writeDuration(duration(milliseconds, 'ms')))).toBe(milliseconds)
    }),
  )
})
