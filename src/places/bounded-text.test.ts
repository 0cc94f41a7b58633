import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BoundedText, cutMiddle } from './bounded-text.ts'

function textOf(lines: readonly string[], limit: number): string {
  const text = new BoundedText(limit)
  for (const line of lines) text.addLine(line)
  return text.toString()
}

describe('a bounded text', () => {
  test('keeps everything while there is room', () => {
    const lines = fc.array(fc.stringMatching(/^[a-z ]{0,20}[a-z]$/), { maxLength: 20 })
    fc.assert(
      fc.property(lines, (some) => {
        expect(textOf(some, 10_000)).toBe(some.join('\n'))
      }),
    )
  })

  test('keeps the first and the last words, and says how much it cut between them', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`)
    const text = textOf(lines, 80)
    expect(text).toMatch(/^line 0\nline 1\n/)
    expect(text).toMatch(/line 98\nline 99$/)
    const cut = Number(/… (\d+) characters cut …/.exec(text)?.[1])
    const kept = text.replace(/… \d+ characters cut …\n/, '').length
    expect(cut + kept + 1).toBe(`${lines.join('\n')}\n`.length)
  })

  test('never grows past its bound, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 300 }), { maxLength: 30 }),
        fc.integer({ min: 10, max: 500 }),
        (lines, limit) => {
          const note = '… 9000 characters cut …\n'.length
          expect(textOf(lines, limit).length).toBeLessThanOrEqual(limit + note)
        },
      ),
    )
  })

  test('keeps the end of a single line that is longer than all the room', () => {
    expect(textOf([`${'x'.repeat(500)} no space left on device`], 100)).toMatch(/cut …\nx+ no space left on device$/)
  })
})

describe('cutting the middle', () => {
  test('keeps a text that fits', () => {
    expect(cutMiddle('as it is', 8)).toBe('as it is')
  })

  test('keeps the subject and the cause', () => {
    expect(cutMiddle('snapshot of /srv/foundry failed: permission denied', 30)).toBe('snapshot of /s … ission denied')
  })

  test('never gives back more than was asked for', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), fc.nat(60), (text, limit) => {
        const cut = cutMiddle(text, limit)
        expect(cut.length).toBe(Math.min(text.length, limit))
      }),
    )
  })
})
