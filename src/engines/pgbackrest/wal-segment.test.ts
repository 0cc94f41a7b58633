import { describe, expect, test } from 'vitest'
import { parseInstant, type Instant } from '../../domain/clock.ts'
import { lastTransactionIn } from './wal-segment.ts'

/** That it reads what PostgreSQL really writes is tested against pg_waldump, in test/fault/recovery.test.ts. */

const pageBytes = 8192
const pages = 4
const address = 0x3000000n
const [continues, isLong, overwrites] = [1, 2, 8]

const first = parseInstant('2026-01-26T03:00:00.120Z')
const second = parseInstant('2026-01-26T03:05:00.455Z')

const microseconds = (at: Instant): bigint => BigInt(at - Date.UTC(2000, 0, 1)) * 1000n + 999n

function record(manager: number, operation: number, rest: Buffer): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(24 + rest.length, 0)
  header.writeUInt8(operation, 16)
  header.writeUInt8(manager, 17)
  const whole = Buffer.concat([header, rest])
  return Buffer.concat([whole, Buffer.alloc((8 - (whole.length % 8)) % 8)])
}

function ending(at: Instant, { operation = 0x00, before = Buffer.alloc(0), long = false } = {}): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigInt64LE(microseconds(at))
  return record(1, operation, Buffer.concat([before, Buffer.from(long ? [254, 8, 0, 0, 0] : [255, 8]), time]))
}

/** A row of so many bytes, of a manager that isn't the transactions'. */
const row = (size: number): Buffer => record(10, 0x00, Buffer.alloc(size, 0x17))

/** A segment of few pages out of what stands in its records, cut by the pages' headers. */
function segment(
  stream: Buffer,
  { remainder = 0, flags = {} }: { remainder?: number; flags?: Record<number, number> } = {},
): Buffer {
  const whole = Buffer.alloc(pageBytes * pages)
  let taken = 0
  for (let page = 0; page < pages && taken < stream.length; page += 1) {
    const start = page * pageBytes
    const headerBytes = page === 0 ? 40 : 24
    whole.writeUInt16LE(0xd110, start)
    whole.writeUInt16LE((page === 0 ? isLong : 0) | (page === 0 && remainder > 0 ? continues : 0) | (flags[page] ?? 0), start + 2)
    whole.writeBigUInt64LE(address + BigInt(start), start + 8)
    whole.writeUInt32LE(page === 0 ? remainder : 0, start + 16)
    if (page === 0) whole.writeUInt32LE(pageBytes, start + 36)
    taken += stream.copy(whole, start + headerBytes, taken, taken + pageBytes - headerBytes)
  }
  return whole
}

describe('the last transaction of a segment', () => {
  test('is the last that ended there, however it ended', () => {
    const whole = Buffer.concat([ending(second), row(100), ending(first)])
    expect(lastTransactionIn(segment(whole))).toBe(first)
    for (const operation of [0x00, 0x20, 0x30, 0x40, 0x80]) {
      expect(lastTransactionIn(segment(ending(second, { operation })))).toBe(second)
    }
  })

  test('is none where there are only rows, or one is being prepared', () => {
    expect(lastTransactionIn(segment(row(100)))).toBeUndefined()
    expect(lastTransactionIn(segment(ending(first, { operation: 0x10 })))).toBeUndefined()
    expect(lastTransactionIn(Buffer.alloc(pageBytes * pages))).toBeUndefined()
    expect(lastTransactionIn(Buffer.from('not WAL'))).toBeUndefined()
  })

  test('is found behind what stands before its data, and in the long form of it', () => {
    const before = Buffer.from([253, 1, 0, 252, 7, 0, 0, 0])
    expect(lastTransactionIn(segment(ending(first, { before, long: true })))).toBe(first)
  })

  test.each([8100, 8120, 8128, 8136, 8144, 8152, 20_000])('is found behind a row of %d bytes, wherever the pages cut', (size) => {
    expect(lastTransactionIn(segment(Buffer.concat([row(size), ending(first)])))).toBe(first)
  })

  test('does not count before all of its record is there', () => {
    const begun = 24 + pageBytes * pages - 40 - 24 * (pages - 1) - 24 - 32
    expect(lastTransactionIn(segment(Buffer.concat([ending(first), row(begun - 40 - 24), ending(second), row(1)])))).toBe(first)
  })

  test('is found behind the end of a record that began in the segment before, be it longer than a page', () => {
    for (const remainder of [13, 9000]) {
      const rest = Buffer.alloc((remainder + 7) & ~7, 0xff)
      expect(lastTransactionIn(segment(Buffer.concat([rest, ending(first)]), { remainder }))).toBe(first)
    }
  })

  test('is found behind a record that a crash cut off', () => {
    const torn = Buffer.concat([ending(first), row(9000).subarray(0, pageBytes - 40 - ending(first).length)])
    expect(lastTransactionIn(segment(Buffer.concat([torn, ending(second)]), { flags: { 1: overwrites } }))).toBe(second)
  })

  test('is not one of an older segment whose file was used again', () => {
    const whole = segment(Buffer.concat([ending(first), row(9000), row(9000), ending(second)]))
    whole.writeBigUInt64LE(0x1000000n, pageBytes * 2 + 8)
    expect(lastTransactionIn(whole)).toBe(first)
  })
})
