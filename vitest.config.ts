import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['src/**/*.test.ts', 'test/house/**/*.test.ts', 'test/simulation/promises.test.ts'],
          testTimeout: 30_000,
          // Seconds, not half a minute: half of the tests wait for processes, so every core has a worker, and a worker
          // loads what the tests share once instead of once a file.
          maxWorkers: '100%',
          isolate: false,
        },
      },
      {
        test: {
          name: 'real',
          sequence: { groupOrder: 1 },
          include: ['test/**/*.test.ts'],
          exclude: ['test/house/**', 'test/simulation/promises.test.ts'],
          globalSetup: ['test/support/global-setup.ts', 'test/support/s3-setup.ts'],
          // Real engines on two cores: much of the time they wait for each other, for WAL, or for patience to end.
          pool: 'forks',
          maxWorkers: 4,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
