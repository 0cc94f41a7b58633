import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MatchReader } from './match-reader.ts'

interface Group {
  readonly matches: readonly unknown[]
  readonly hits: number
  readonly snapshot: string
}

/** What the reader makes of a text that comes in pieces of some length. */
function readIn(text: string, length: number): Group[] {
  const groups: Group[] = []
  let matches: unknown[] = []
  const reader = new MatchReader(
    (match) => matches.push(JSON.parse(match)),
    (snapshot) => {
      groups.push({ ...(JSON.parse(snapshot) as Group), matches })
      matches = []
    },
  )
  for (let at = 0; at < text.length; at += length) reader.read(text.slice(at, at + length))
  reader.end()
  return groups
}

test('an answer is understood like by a parser of the whole, however it is cut into pieces', () => {
  const match = fc.record({ path: fc.string(), more: fc.jsonValue() })
  const group = fc.record({
    matches: fc.array(match),
    hits: fc.nat(),
    snapshot: fc.string(),
  })
  fc.assert(
    fc.property(fc.array(group), fc.integer({ min: 1, max: 40 }), (groups, length) => {
      const text = JSON.stringify(groups)
      expect(readIn(text, length)).toEqual(JSON.parse(text))
    }),
  )
})

test('an answer that was cut off is none', () => {
  expect(() => readIn('[{"matches":[{"path":"/a"}', 5)).toThrow('cut off')
})
