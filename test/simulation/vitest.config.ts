import { defineConfig } from 'vitest/config'

/** `npm run simulate`: the long form, which is no part of `npm test`. */
export default defineConfig({
  test: {
    name: 'simulation',
    include: ['test/simulation/whole.simulation.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    pool: 'forks',
    testTimeout: 6 * 3_600_000,
  },
})
