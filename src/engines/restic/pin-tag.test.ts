import { expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { parsePoints, parseSnapshots } from './answers.ts'
import type { Snapshot } from './snapshot.ts'
import { pinChange, pinned } from './pin-tag.ts'

const idOf = (digit: string): string => digit.repeat(64)

/** A snapshot as restic lists it; one whose tags have been changed knows the id that it was made with. */
function snapshot(digit: string, tags: readonly string[] = [], original?: string): Snapshot {
  const found = { id: idOf(digit), tree: idOf('f'), time: '2026-01-26T03:00:02Z', tags: ['holdfast:foundry', ...tags] }
  const [read] = parseSnapshots(JSON.stringify([{ ...found, ...(original === undefined ? {} : { original: idOf(original) }) }]))
  return read as Snapshot
}

const pointOf = (one: Snapshot) => parsePoints(JSON.stringify([one]))[0] as NonNullable<ReturnType<typeof parsePoints>[0]>

test('a pin is a tag more, another reason takes the place of the first, and an unpinned point loses all of them', () => {
  const plain = snapshot('1')
  expect(pinChange([plain], pointOf(plain), 'why, now')).toMatchObject({ add: ['holdfast-pin:why%2C now'], remove: [] })
  const kept = snapshot('2', ['holdfast-pin:old', 'mine', 'holdfast-pin:by hand'])
  expect(pinChange([kept], pointOf(kept), 'new')).toMatchObject({
    add: ['holdfast-pin:new'],
    remove: ['holdfast-pin:old', 'holdfast-pin:by hand'],
  })
  expect(pinChange([kept], pointOf(kept), 'old')).toMatchObject({ add: [], remove: ['holdfast-pin:by hand'] })
  expect(pinChange([kept], pointOf(kept), undefined).remove).toHaveLength(2)
  expect(pinChange([plain], pointOf(plain), undefined)).toMatchObject({ add: [], remove: [] })
})

test('a point that is gone cannot be pinned', async () => {
  const plain = snapshot('1')
  expect(await failureOf(() => pinChange([snapshot('2')], pointOf(plain), 'why'))).toMatchObject({ code: 'point-unknown' })
})

test('the new id is found by the first id of all, among snapshots of the same moment and files', () => {
  const before = snapshot('2', ['holdfast-pin:old'], '1')
  const change = pinChange([before], pointOf(before), 'new')
  const other = { ...snapshot('4', ['holdfast-pin:new'], '1'), tree: idOf('e') }
  expect(pinned([other, snapshot('3', ['holdfast-pin:new'], '1')], change)).toEqual({ id: idOf('3'), leftOver: [] })
})

test('what a kill between writing and removing left is found by the next try, and only that', () => {
  const [old, written, other] = [snapshot('1'), snapshot('2', ['holdfast-pin:why'], '1'), snapshot('5')]
  const change = pinChange([old, written, other], pointOf(written), 'why')
  expect(change).toMatchObject({ add: [], remove: [] })
  expect(pinned([old, written, other], change)).toEqual({ id: written.id, leftOver: [old.id] })
})

test('an engine that changed nothing is not believed', async () => {
  const plain = snapshot('1')
  const change = pinChange([plain], pointOf(plain), 'why')
  expect(await failureOf(() => pinned([plain], change))).toMatchObject({ code: 'engine-failed' })
})
