import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { house } from './planted-tree.ts'

const folder = join(house, 'src/cli/commands')

test('a command turns options into a request and a result into a view, in less than 80 lines', () => {
  const files = readdirSync(folder)
  expect(files.length).toBeGreaterThan(15)
  const linesOf = (file: string) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1
  expect(files.filter((file) => linesOf(file) >= 80)).toEqual([])
})
