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
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 })
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        expect(patched(before, unifiedDiff(textOf(before), textOf(after), names))).toEqual(after)
      }),
    )
  })
})

/** What `patch` makes of a text; throws where the diff doesn't fit. */
function patched(before: readonly string[], diff: string): string[] {
  const made: string[] = []
  let next = 0
  for (const line of diff.split('\n').slice(2)) {
    const [, begin, count] = /^@@ -(\d+),(\d+) /.exec(line) ?? []
    if (begin !== undefined) {
      const at = count === '0' ? Number(begin) : Number(begin) - 1
      made.push(...before.slice(next, at))
      next = at
      continue
    }
    if (!line.startsWith('+')) {
      if (line.slice(1) !== before[next]) throw new Error(`${line} is not ${before[next]}`)
      next += 1
    }
    if (!line.startsWith('-')) made.push(line.slice(1))
  }
  return [...made, ...before.slice(next)]
}
