import { expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { instant, type Clock } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, type ErrorCode } from '../../domain/errors.ts'
import { RetryBudget } from '../../policy/retry.ts'
import { patiently } from './patiently.ts'

/** Sleeps at once, and remembers for how long. */
function site(signal = new AbortController().signal) {
  const slept: number[] = []
  let now = 0
  const clock: Clock = {
    now: () => instant(now),
    sleep: (milliseconds) => {
      if (signal.aborted) return Promise.reject(new Error('aborted'))
      slept.push(milliseconds)
      now += milliseconds
      return Promise.resolve()
    },
  }
  return { clock, signal, slept }
}

/** Fails with these, one after the other, then succeeds. */
function failing(...codes: readonly ErrorCode[]) {
  const left = [...codes]
  let attempts = 0
  return {
    attempts: () => attempts,
    work: async () => {
      attempts += 1
      const code = left.shift()
      if (code !== undefined) throw new HoldfastError(code, code)
      return 'done'
    },
  }
}

const minute = duration(1, 'm')
const silent = { waits: () => undefined }

test('what may pass is tried again, and each wait is told', async () => {
  const { slept, ...context } = site()
  const told: unknown[] = []
  const waits = ({ code }: HoldfastError, waitMs: number) => void told.push([code, waitMs])
  const { work } = failing('storage-unreachable', 'postgres-down')
  expect(await patiently(context, new RetryBudget(minute), { waits }, work)).toBe('done')
  expect(slept).toEqual([2000, 4000])
  expect(told).toEqual([
    ['storage-unreachable', 2000],
    ['postgres-down', 4000],
  ])
})

test('what will not pass ends it at once', async () => {
  const { work, attempts } = failing('wrong-key')
  expect((await failureOf(() => patiently(site(), new RetryBudget(minute), silent, work))).code).toBe('wrong-key')
  expect(attempts()).toBe(1)
})

test('what could be healed is tried again without a wait', async () => {
  const { slept, ...context } = site()
  const heal = ({ code }: HoldfastError) => Promise.resolve(code === 'locked')
  expect(await patiently(context, new RetryBudget(minute), { ...silent, heal }, failing('locked').work)).toBe('done')
  expect(slept).toEqual([])
})

test('a storage that stayed silent to the end is not waited for by the next who shares the budget', async () => {
  const budget = new RetryBudget(minute)
  const away = () => failing(...Array.from({ length: 50 }, () => 'storage-unreachable' as const))
  const [first, second] = [away(), away()]
  expect((await failureOf(() => patiently(site(), budget, silent, first.work))).code).toBe('storage-unreachable')
  expect(first.attempts()).toBeGreaterThan(3)
  await failureOf(() => patiently(site(), budget, silent, second.work))
  expect(second.attempts()).toBe(1)
  // A database that is down is another matter.
  expect(await patiently(site(), budget, silent, failing('postgres-down').work)).toBe('done')
})

test('a stop while it waits is an interruption, with what it waited for as its cause', async () => {
  const { work } = failing('storage-unreachable')
  const failure = await failureOf(() => patiently(site(AbortSignal.abort()), new RetryBudget(minute), silent, work))
  expect(failure).toMatchObject({ code: 'interrupted', cause: { code: 'storage-unreachable' } })
})
