import { expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { instant, systemClock } from '../domain/clock.ts'
import type { RestorePoint } from '../domain/restore-point.ts'
import { refuseRemoval, removePoints, type Remover } from './removal.ts'

function point(id: string, more: Partial<RestorePoint> = {}): RestorePoint {
  const at = instant(0)
  return { id, kind: 'full', beganAt: at, endedAt: at, dependsOn: [], hasErrors: false, tags: [], ...more }
}

const context = { signal: new AbortController().signal, clock: systemClock, report: () => undefined }
const [one, two, three] = [point('one'), point('two'), point('three')]

/** An engine that holds points, and may fail or do nothing for some. */
function holding(points: readonly RestorePoint[], more: Partial<Remover> = {}): Remover {
  const there = new Map(points.map((held) => [held.id, held]))
  return {
    atOnce: 2,
    list: async () => [...there.values()],
    remove: async (ids) => {
      for (const id of ids) {
        if (id === 'stuck') throw new Error('disk')
        there.delete(id)
      }
    },
    ...more,
  }
}

async function removed(wanted: readonly RestorePoint[], remover: Remover): Promise<{ gone: string[]; error?: string }> {
  const gone: string[] = []
  try {
    await removePoints(wanted, ({ id }) => void gone.push(id), context, remover)
    return { gone }
  } catch (error) {
    return { gone, error: (error as Error).message }
  }
}

test('each point is told once it is gone, in the order that was wished for, those that were gone before too', async () => {
  const remover = holding([one, two, three])
  expect(await removed([two, point('lost'), one], remover)).toEqual({ gone: ['two', 'lost', 'one'] })
  expect(await remover.list(context)).toEqual([three])
})

test('what was removed before a failure is told, and nothing of what was not', async () => {
  const stuck = point('stuck')
  expect(await removed([one, stuck, two], holding([one, two, stuck, three]))).toEqual({ gone: ['one'], error: 'disk' })
})

test('an engine that says it is done and removed nothing is not believed', async () => {
  const idle = holding([one, two], { remove: async () => undefined })
  expect(await removed([one], idle)).toEqual({ gone: [], error: 'one is still there, although the engine ended well' })
})

test('nothing is removed when one of them must stay', async () => {
  const remover = holding([one, two, three])
  expect((await removed([one, two, three], remover)).gone).toEqual([])
  expect(await remover.list(context)).toHaveLength(3)
})

const refusal = (there: readonly RestorePoint[], wanted: readonly RestorePoint[]) => failureOf(() => refuseRemoval(there, wanted))

test('the last point stays', async () => {
  expect(await refusal([one], [one])).toMatchObject({ code: 'point-needed', message: 'no good restore point would be left' })
})

test('the last good point stays, however many with errors there are', async () => {
  const bad = point('bad', { hasErrors: true })
  expect(await refusal([one, bad], [one])).toMatchObject({ code: 'point-needed' })
  expect(() => refuseRemoval([one, bad], [bad])).not.toThrow()
  expect(() => refuseRemoval([bad, point('worse', { hasErrors: true })], [bad])).not.toThrow()
})

test('a pinned point stays', async () => {
  const pinned = point('pinned', { pin: 'before 16' })
  expect(await refusal([one, pinned], [pinned])).toMatchObject({ message: 'pinned is pinned: before 16' })
})

test('a point stays that another one needs, unless both go', async () => {
  const upon = point('upon', { kind: 'differential', dependsOn: ['one'] })
  expect(await refusal([one, two, upon], [one])).toMatchObject({ message: 'upon cannot be restored without one' })
  expect(() => refuseRemoval([one, two, upon], [upon, one])).not.toThrow()
})

test('what is gone already is no matter', () => {
  expect(() => refuseRemoval([one], [two])).not.toThrow()
})
