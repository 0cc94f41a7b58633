import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { house } from '../house/planted-tree.ts'

/** Those that ask how long the machine has been up, or judge by it. */
const files = ['src/app/status', 'src/app/notify', 'src/app/watch', 'src/machine', 'src/policy', 'src/places']

test('what judges by the time since boot passes on a machine that was started a minute ago', async () => {
  expect(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])).toBeGreaterThan(61)
  const { stdout } = await promisify(execFile)('sh', ['scripts/fresh-machine.sh', ...files], { cwd: house, maxBuffer: 2 ** 26 })
  expect(stdout).toMatch(/Tests: \d+ passed, 0 failed/)
})
