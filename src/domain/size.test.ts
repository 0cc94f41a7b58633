import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatSize, parseSize } from './size.ts'

describe('reading a size', () => {
  test.each([
    ['500MB', 500_000_000],
    ['64MiB', 67_108_864],
    ['2 GB', 2_000_000_000],
    ['1.5kB', 1500],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['0B', 0],
    ['3TiB', 3 * 2 ** 40],
  ])('understands %j', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.each(['', '500', 'MB', '-1MB', '1mb', '5iB', '5 G', '1e6B', '1,5GB', 'lots'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeUndefined()
  })
})

describe('writing a size', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [14_300, '14 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [3_140_000, '3.14 MB'],
    [41_180_000, '41.2 MB'],
    [212_400_000, '212 MB'],
    [1_620_000_000, '1.62 GB'],
    [2 ** 50, '1.13 PB'],
    [-41_180_000, '-41.2 MB'],
  ])('says %d bytes as %j', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })

  test('never needs more than three figures', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e15 }), (bytes) => {
        expect(formatSize(bytes).replaceAll(/\D/g, '').length).toBeLessThanOrEqual(3)
      }),
    )
  })
})

test('what is written can be read again, true to the last figure shown', () => {
  fc.assert(
    fc.property(fc.nat({ max: 999e12 }), (bytes) => {
      const text = formatSize(bytes)
      const read = parseSize(text)
      expect(read).toBeDefined()
      expect(Math.abs((read ?? 0) - bytes)).toBeLessThanOrEqual(Math.max(500, bytes * 0.005))
      expect(formatSize(read ?? 0)).toBe(text)
    }),
  )
})
