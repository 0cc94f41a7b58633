import { expect, test } from 'vitest'
import { until } from '../support/processes.ts'

test('waiting ends by itself, and says what never came', async () => {
  await expect(until(() => false, { what: 'the tide', limitMs: 30 })).rejects.toThrow('waited 0.03 s in vain for: the tide')
  const never = () => undefined
  await expect(until(never, { limitMs: 0 })).rejects.toThrow('in vain for: () => undefined')
})

test('waiting gives back the first thing that is there', async () => {
  const looks = [undefined, false, 0, 'late']
  expect(await until(() => looks.shift() as number | false | undefined)).toBe(0)
})
