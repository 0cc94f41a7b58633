import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { readLinesBackward } from './read-lines-backward.ts'

const limit = 2 ** 20

function linesOf(text: string): string[] {
  const file = join(temporaryFolder(), 'lines')
  writeFileSync(file, text)
  return [...readLinesBackward(file, limit)]
}

describe('lines from the end', () => {
  test.each([
    ['', []],
    ['\n', []],
    ['one', ['one']],
    ['one\n', ['one']],
    ['one\ntwo', ['two', 'one']],
    ['\n\none\n\ntwo\n\n', ['two', 'one']],
  ])('of %j', (text, lines) => {
    expect(linesOf(text)).toEqual(lines)
  })

  test('are whole, wherever the chunks of the file begin, and whatever letters are in them', () => {
    const line = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), fc.nat(60_000))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (parts) => {
        const lines = parts.map(([text, times]) => text.replaceAll('\n', ' ').repeat(Math.ceil(times / text.length)))
        const wanted = lines.filter((text) => text !== '').toReversed()
        expect(linesOf(lines.map((text) => `${text}\n`).join('')) as unknown).toEqual(wanted)
      }),
      { numRuns: 25 },
    )
  })

  test.each([0, 1, 100])('pass over one that is longer than the limit, with %d bytes before and behind it', (bytes) => {
    const around = bytes === 0 ? '' : `${'a'.repeat(bytes)}\n`
    const long = 'x'.repeat(limit + 300_000)
    expect(linesOf(`${around}${long}\n${around}`)).toEqual([around, around].filter(Boolean).map((text) => text.trim()))
    expect(linesOf(`${around}${long}`)).toEqual([around].filter(Boolean).map((text) => text.trim()))
  })

  test('hold no line in memory that is longer than the limit', () => {
    const file = join(temporaryFolder(), 'lines')
    const opened = openSync(file, 'w')
    writeSync(opened, 'first\n')
    ftruncateSync(opened, 200 * 2 ** 20)
    writeSync(opened, '\nlast\n', 200 * 2 ** 20)
    closeSync(opened)
    const before = process.memoryUsage()
    const lines = [...readLinesBackward(file, limit)]
    const after = process.memoryUsage()
    expect(lines).toEqual(['last', 'first'])
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(20 * 2 ** 20)
  })
})
