import { expect, inject, test } from 'vitest'
import { wholeScenario } from './scenario.ts'
import { lifeInATable } from './table.ts'

/** Another seed brings other accidents on other days: `HOLDFAST_SEED=7 npm run simulate`. */
const seed = Number(process.env['HOLDFAST_SEED'] ?? 1)

test('the whole policy keeps every promise on every day of more than a year', async () => {
  const { days, removed, restored } = await lifeInATable({ scenario: wholeScenario(seed), seed, pairs: inject('pairs') })
  expect(days).toBeGreaterThanOrEqual(400)
  expect(removed).toBeGreaterThan(400)
  expect(restored).toBeGreaterThan(300)
})
