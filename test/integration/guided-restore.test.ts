import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { keys, onTerminal, type PseudoTerminal } from '../support/pseudo-terminal.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** `holdfast restore` without more asks on a terminal, and then does what the flags would have done. */

const [pair] = inject('pairs') as [ReturnType<typeof inject<'pairs'>>[number]]
let site: TestSite

beforeAll(async () => {
  site = await createTestSite({ pair, database: true })
  mkdirSync(join(site.documents, 'worlds/jig'), { recursive: true })
  writeFileSync(join(site.documents, 'worlds/jig/world.json'), 'as it was\n')
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  writeFileSync(join(site.documents, 'worlds/jig/world.json'), 'spoiled\n')
})
afterAll(() => site.remove())

function guided(...words: string[]): PseudoTerminal {
  const terminal = onTerminal([process.execPath, inject('program'), 'restore', ...words], site.environment)
  onTestFinished(() => terminal.kill())
  return terminal
}

test('a part of the files of a day is chosen and brought back, and the command that says the same is shown', async () => {
  const target = join(site.root, 'parts of it')
  const terminal = guided()
  await terminal.answer('What shall be restored?', keys.down, keys.enter)
  await terminal.answer('As it was when?', keys.down, keys.enter)
  await terminal.answer('On which day?', keys.enter)
  await terminal.answer('How much of it?', keys.down, keys.enter)
  await terminal.answer('worlds/', keys.down, keys.right)
  await terminal.answer('jig/', ' ', keys.enter)
  await terminal.answer('Where to?', keys.enter)
  await terminal.answer('Into which folder?', '\u0015', site.documents, keys.enter)
  await terminal.answer('which is live data', '\u0015', target, keys.enter)
  const summary = await terminal.shows('Enter starts')
  expect(summary).toContain('restic restore')
  expect(existsSync(target)).toBe(false)
  terminal.press(keys.enter)
  const { exitCode, shown } = await terminal.ended
  expect([exitCode, shown]).toEqual([0, expect.stringContaining('✓ documents as of')])
  expect(readFileSync(join(target, site.documents, 'worlds/jig/world.json'), 'utf8')).toBe('as it was\n')
  expect(readdirSync(join(target, site.documents))).toEqual(['worlds'])
  expect(site.journal().at(-1)).toMatchObject({ type: 'restored', component: 'documents', target })
  const [point] = (await site.ask('points', 'documents')).components[0].points
  const words = ['restore', 'documents', '--point', point.id.slice(0, 8), '--path', join(site.documents, 'worlds/jig')]
  const command = shown.replaceAll(/ \\\r?\n +/g, ' ')
  expect(command).toContain(`holdfast ${words.join(' ')} --to '${target}'`)
})

test('a second of a database is chosen; outside of its windows it is refused, and Escape leads back', async () => {
  const terminal = guided('database')
  await terminal.answer('As it was when?', keys.down, keys.enter)
  await terminal.answer('◧ part of it', keys.enter)
  await terminal.answer('What time on', '\u0015', '2001-02-03 04:05', keys.enter)
  await terminal.answer('it lies before the first backup', keys.escape)
  await terminal.answer('On which day?', keys.enter)
  const edges = await terminal.shows('to ')
  const [, edge = ''] = /(\d\d:\d\d:\d\d) to /.exec(edges) ?? []
  terminal.press('\u0015', edge, keys.enter)
  await terminal.answer('How much of it?', keys.down, keys.enter)
  await terminal.answer('Which database?', 'campaign', keys.enter)
  await terminal.answer('Where to?', keys.enter)
  await terminal.shows('Into which file?')
  const file = join(site.root, 'campaign.dump')
  terminal.press('\u0015', file, keys.enter)
  const summary = await terminal.shows('Enter starts')
  expect(summary).toContain('--type=time')
  expect(existsSync(file)).toBe(false)
  terminal.press(keys.enter)
  const { exitCode, shown } = await terminal.ended
  expect([exitCode, shown]).toEqual([0, expect.stringContaining(file)])
  expect(readFileSync(file).subarray(0, 5).toString()).toBe('PGDMP')
})

test('who leaves finds nothing done, and the terminal as it was', async () => {
  const before = site.journal().length
  const terminal = guided('documents')
  await terminal.answer('As it was when?', keys.enter)
  await terminal.answer('How much of it?', keys.interrupt)
  const { exitCode, shown } = await terminal.ended
  expect([exitCode, shown]).toEqual([130, expect.stringContaining('left; nothing was restored')])
  expect(site.journal()).toHaveLength(before)
})

test('without a terminal there is nobody to ask', async () => {
  for (const words of [[], ['documents']]) {
    const answer = await site.holdfast('restore', ...words)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('a place to go to')
  }
})
