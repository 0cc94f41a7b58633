import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const names = ['before', 'after'] as const
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

describe('a unified diff', () => {
  it('shows a change with three lines around it', () => {
    const after = numbers(1, 9).map((line) => (line === '5' ? 'five' : line))
    expect(unifiedDiff(textOf(numbers(1, 9)), textOf(after), names)).toBe(
      ['--- before', '+++ after', '@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'].join('\n'),
    )
  })

  it('shows changes far apart one by one', () => {
    const after = numbers(1, 30).filter((line) => line !== '2' && line !== '28')
    const hunks = unifiedDiff(textOf(numbers(1, 30)), textOf(after), names).match(/^@@.*@@$/gm)
    expect(hunks).toEqual(['@@ -1,5 +1,4 @@', '@@ -25,6 +24,5 @@'])
  })

  it('shows a new file as nothing but added lines', () => {
    expect(unifiedDiff('', 'a\nb\n', names)).toBe('--- before\n+++ after\n@@ -0,0 +1,2 @@\n+a\n+b')
  })

  it('is empty for equal texts', () => {
    expect(unifiedDiff('a\n', 'a\n', names)).toBe('')
  })

  it('leads from one text to the other, whatever they are', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const body = unifiedDiff(textOf(before), textOf(after), names)
          .split('\n')
          .slice(2)
          .filter((line) => !line.startsWith('@@'))
        const side = (mark: string) =>
          body.filter((line) => line.startsWith(mark) || line.startsWith(' ')).map((line) => line.slice(1))
        const isCut = (whole: readonly string[], part: readonly string[]) =>
          whole.join('').includes(part.join('')) || part.length < whole.length
        expect([isCut(before, side('-')), isCut(after, side('+'))]).toEqual([true, true])
        const [added, removed] = ['+', '-'].map((mark) => body.filter((line) => line.startsWith(mark)).length)
        expect((added ?? 0) - (removed ?? 0)).toBe(after.length - before.length)
      }),
    )
  })
})
