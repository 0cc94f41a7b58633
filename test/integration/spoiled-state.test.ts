import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** Whatever has become of what one command left to the next: no command ends in words that nobody wrote, and backups go on. */

const pairs = inject('pairs')
let site: TestSite

beforeAll(async () => {
  site = await createTestSite({ pair: pairs.at(-1) as (typeof pairs)[number], database: true })
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  await site.holdfast('watch')
})
afterAll(() => site.remove())

const stateFolder = (...names: string[]): string => join(site.root, 'state', site.name, ...names)

/** All that commands have left so far. */
function leftFiles(): string[] {
  return ['state', 'cache', 'run'].flatMap((folder) => {
    const root = join(site.root, folder)
    const names = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : []
    return names.filter((name) => /\.jsonl?$/.test(name) && !/\/(restic|spool)\//.test(name)).map((name) => join(root, name))
  })
}

const spoilt: Readonly<Record<string, (text: string) => string>> = {
  torn: (text) => text.slice(0, Math.floor(text.length / 2)),
  empty: () => '',
  null: () => 'null',
  'an empty object': () => '{}',
  'a list': () => '[]',
  'another shape': (text) => text.replaceAll(/:("[^"]*"|\d+)/g, ':[{}]'),
  'a newer format': (text) => text.replace(/"format": ?1/, '"format":2'),
  'an older format': (text) => text.replace(/"format": ?1/, '"format":0'),
}

const riddles = /unexpected|unterminated|undefined|cannot read propert|is not a function|not iterable|\[object/i

describe.each(Object.keys(spoilt))('state that is %s', (how) => {
  const spoil = spoilt[how] as (text: string) => string

  test('is no riddle to status and watch, whichever file it is', async () => {
    for (const file of leftFiles()) {
      const text = readFileSync(file, 'utf8')
      for (const verb of ['status', 'watch']) {
        writeFileSync(file, spoil(text))
        const answer = await site.holdfast(verb)
        expect([file, verb, answer.text]).toEqual([file, verb, expect.not.stringMatching(riddles)])
        expect([file, verb, answer.exitCode]).toEqual([file, verb, expect.toSatisfy((code) => code === 0 || code === 4)])
      }
      writeFileSync(file, text)
    }
  })

  test('keeps nobody from a backup, unless it is the lease', async () => {
    const lease = stateFolder('lease.json')
    const kept = new Map(leftFiles().map((file) => [file, readFileSync(file, 'utf8')]))
    for (const [file, text] of kept) if (file !== lease) writeFileSync(file, spoil(text))
    const answer = await site.holdfast('backup', '--json')
    expect(answer.json.run).toMatchObject({ outcome: 'done', errors: [] })
    const before = readFileSync(lease, 'utf8')
    writeFileSync(lease, spoil(before))
    const refused = await site.holdfast('backup')
    expect([refused.exitCode, refused.text]).toEqual([11, expect.stringContaining(`, ${lease}, `)])
    expect(refused.text).toContain('cannot tell whether it backs up')
    writeFileSync(lease, before)
  })

  test('of a restore in place is named, and what to do', async () => {
    const file = stateFolder('in-place', 'database.json')
    mkdirSync(stateFolder('in-place'), { recursive: true })
    writeFileSync(file, spoil('{"format":1,"component":"database","setAside":[]}'))
    const target = join(site.root, 'back')
    for (const words of [['--to', target], ['--undo']]) {
      const answer = await site.holdfast('restore', 'database', ...words, '--yes')
      expect([answer.exitCode, answer.text]).toEqual([1, expect.stringContaining(`the record of a restore in place, ${file}, `)])
      expect(answer.text).toContain(`mv ${file} ${file}.unusable`)
    }
    expect(existsSync(target)).toBe(false)
    const watched = await site.holdfast('watch')
    expect(watched.exitCode).toBe(4)
    expect(watched.text).toContain(file)
    expect(watched.text).not.toContain('--undo')
    truncateSync(file, 0)
    writeFileSync(`${file}.unusable`, '')
    const { rmSync } = await import('node:fs')
    rmSync(stateFolder('in-place'), { recursive: true })
  })
})

test('a last watch that cannot be read is no evidence that all is well', async () => {
  await site.ask('backup')
  await site.holdfast('watch')
  writeFileSync(stateFolder('watch.json'), '{')
  const answer = await site.holdfast('status')
  expect([answer.exitCode, answer.text]).toEqual([4, expect.stringContaining(stateFolder('watch.json'))])
})

test('a line of 200 MB in the journal is passed over, in memory that a small machine has', async () => {
  const month = readdirSync(stateFolder('journal')).at(-1) as string
  const file = stateFolder('journal', month)
  truncateSync(file, statSync(file).size + 200 * 2 ** 20)
  // Half of what that line alone would take.
  for (const verb of ['status', 'watch', 'backup']) {
    const answer = await site.startAs({ NODE_OPTIONS: '--max-old-space-size=100' }, verb).ended
    expect([verb, answer.exitCode, answer.text]).toEqual([
      verb,
      expect.toSatisfy((code) => code === 0 || code === 4),
      expect.any(String),
    ])
  }
  expect((await site.ask('status')).status.components).toHaveLength(2)
})
