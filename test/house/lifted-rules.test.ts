import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { house } from './planted-tree.ts'

const lifting = /\/\/ oxlint-disable(?:-next-line|-line)? (\S+) -- (.+)$/
const anyLifting = /(?:oxlint|eslint)-disable/

/** The tests that speak of such comments, this one among them, lift nothing. */
const sources = ['src', 'test', 'scripts']
  .flatMap((folder) => readdirSync(join(house, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
  .filter((file) => /\.(?:ts|mjs)$/.test(file) && !/test\/house\/(?:imports|linter-reads|lifted-rules)\.test\.ts$/.test(file))
  .toSorted()

/** Every rule that is lifted, where, and how often: each has its reason beside it. There were never more than 17. */
const lifted = [
  'src/app/restore/plan/recovery.ts no-control-regex',
  'src/app/runbook/markdown.ts no-control-regex',
  'src/cli/guide/ask-screen.ts no-control-regex',
  'src/cli/output/console.test.ts no-control-regex',
  'src/cli/output/console.test.ts no-control-regex',
  'src/cli/output/shell-text.test.ts no-control-regex',
  'src/cli/output/terminal.ts no-control-regex',
  'src/cli/output/terminal.ts typescript/no-misused-spread',
  'src/config/fields.ts no-underscore-dangle',
  'src/domain/clock.ts no-restricted-properties',
  'src/engines/pgbackrest/answers.ts no-control-regex',
  'test/contract/browsing.test.ts typescript/no-explicit-any',
  'test/contract/engine.test.ts vitest/expect-expect',
  'test/simulation/checks.ts typescript/no-explicit-any',
  'test/support/longest-first.ts unicorn/no-array-sort',
  'test/support/test-site.ts typescript/no-explicit-any',
  'test/system/schedule.test.ts no-control-regex',
]

test('a rule is lifted only where this list says so, for one line and with a reason', () => {
  const found = sources.flatMap((file) =>
    readFileSync(join(house, file), 'utf8')
      .split('\n')
      .filter((line) => anyLifting.test(line))
      .map((line) => {
        const [, rule, reason] = lifting.exec(line) ?? []
        return reason === undefined ? `${file}: no rule or no reason: ${line.trim()}` : `${file} ${rule}`
      }),
  )
  expect(found.toSorted()).toEqual(lifted)
  expect(lifted.length).toBeLessThanOrEqual(17)
})
