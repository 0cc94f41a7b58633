import { expect, test } from 'vitest'
import { reachesSegment } from './readiness.ts'

test.each([
  ['', false],
  ['000000010000000000000009', false],
  ['00000001000000000000000A', true],
  ['00000001000000000000000B', true],
  ['000000010000000000000010', true],
  ['00000001000000000000000B.00000028.backup', true],
  ['00000002.history', false],
  ['0000000A.history', false],
])('a segment is in the archive when the last file there was %j: %s', (lastArchived, reached) => {
  expect(reachesSegment(lastArchived, '00000001000000000000000A')).toBe(reached)
})
