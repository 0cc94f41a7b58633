import { expect, inject, test } from 'vitest'
import { shortScenario } from './scenario.ts'
import { lifeInATable } from './table.ts'

test('a small policy keeps every promise on every day of most of a year', { timeout: 1_800_000 }, async () => {
  const { removed, restored } = await lifeInATable({ scenario: shortScenario(), seed: 1, pairs: inject('pairs') })
  expect(removed).toBeGreaterThan(30)
  expect(restored).toBeGreaterThan(35)
})
