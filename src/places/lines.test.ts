import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forEachLine } from './lines.ts'

async function linesOf(chunks: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = []
  await forEachLine(Readable.from(chunks), (line) => void lines.push(line))
  return lines
}

/** Cuts bytes at the given places. */
function chunked(content: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (content.length + 1)), content.length].toSorted((one, other) => one - other)
  return places.slice(1).map((end, index) => content.subarray(places[index], end))
}

describe('lines of a stream', () => {
  test('are the same however the stream is cut, also in the middle of a character', async () => {
    const words = fc.constantFrom('a', 'é', '字', '🐘', '\n', '\r', '\r\n', ' ')
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 20 }), async (parts, cuts) => {
        const text = parts.join('')
        const expected = text.split(/[\r\n]/).filter((line) => line !== '')
        expect(await linesOf(chunked(Buffer.from(text), cuts))).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('are handed on one at a time, each only when the one before has been dealt with', async () => {
    const order: string[] = []
    await forEachLine(Readable.from([Buffer.from('one\ntwo\n'), Buffer.from('three')]), async (line) => {
      order.push(`begin ${line}`)
      await new Promise((resolve) => setTimeout(resolve, 1))
      order.push(`end ${line}`)
    })
    expect(order).toEqual(['begin one', 'end one', 'begin two', 'end two', 'begin three', 'end three'])
  })

  test('are handed on in pieces when they never end', async () => {
    const chunk = Buffer.alloc(1 << 16, 'x')
    const lines = await linesOf(Array.from({ length: 40 }, () => chunk))
    expect(lines.map((line) => line.length)).toEqual([1 << 20, 1 << 20, 1 << 19])
  })

  test('pass on what a listener throws', async () => {
    const boom = new Error('no more')
    const reading = forEachLine(Readable.from([Buffer.from('one\ntwo\n')]), () => {
      throw boom
    })
    await expect(reading).rejects.toBe(boom)
  })
})
