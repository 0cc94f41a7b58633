import { defineConfig } from 'vitest/config'

/** `npm run matrix`: every place of a run, which takes longer than `npm test` may. */
export default defineConfig({
  test: {
    name: 'matrix',
    include: ['test/matrix/whole.matrix.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/support/s3-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    pool: 'forks',
  },
})
