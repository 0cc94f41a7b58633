import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { house } from './planted-tree.ts'

const files = readdirSync(join(house, 'docs/decisions')).toSorted()
const index = readFileSync(join(house, 'docs/decisions.md'), 'utf8')

test('records of decisions are numbered from 1 on, without a gap and without a number twice', () => {
  expect(files.map((file) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]))).toEqual(files.map((_, at) => at + 1))
})

test.each(files)('%s has a number, a date, its three parts, and a row in the index', (file) => {
  const number = Number(file.slice(0, 4))
  const text = readFileSync(join(house, 'docs/decisions', file), 'utf8')
  const form =
    /^# (\d+)\. (.+)\n\n(20\d\d-\d\d-\d\d) · (?:accepted|replaced by \[\d+\]\(.+\))\n\n## Context\n\n[^]+\n## Decision\n\n[^]+\n## Alternatives\n\n[^]+\n$/
  const [, shown, title, date] = form.exec(text) ?? []
  expect({ shown, date }).toEqual({ shown: String(number), date: expect.any(String) })
  const row = index.split('\n').find((line) => line.startsWith(`| [${number}](decisions/${file}) `))
  expect(
    row
      ?.split('|')
      .map((cell) => cell.trim())
      .slice(2, 4),
  ).toEqual([title, date])
})
