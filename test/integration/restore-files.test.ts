import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { describeTree } from '../support/tree.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** Parts of a snapshot by pattern, and files back to where they came from. */

describe.each(inject('pairs'))('files with $name', (pair) => {
  let site: TestSite
  let before: string[]
  const isOld = pair.versions.restic === '0.14.0'
  const at = (...names: string[]) => join(site.documents, ...names)
  const target = () => join(site.root, 'back')
  const restored = (...names: string[]) => existsSync(join(target(), site.documents, ...names))

  beforeAll(async () => {
    site = await createTestSite({ pair, files: {} })
    site.configure({ components: { documents: { files: { paths: [site.documents], exclude: ['*.cache'] } } } })
    for (const world of ['one', 'two [2]']) {
      mkdirSync(at('worlds', world, 'packs'), { recursive: true })
      writeFileSync(at('worlds', world, 'packs', 'actors.db'), `${world}\n`)
      writeFileSync(at('worlds', world, 'world.json'), '{}\n')
    }
    symlinkSync('letter.txt', at('a link'))
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    before = describeTree(site.documents)
  })
  afterAll(() => site.remove())
  beforeEach(() => rmSync(target(), { recursive: true, force: true }))

  test('a pattern restores what it matches, at any depth where it says so, beside literal paths', async () => {
    const words = ['--match', 'worlds/*/packs', '--match', '**/w*.json', '--path', 'worlds/two [2]/packs']
    const { restore } = await site.ask('restore', 'documents', ...words, '--to', target())
    expect(restored('worlds/one/packs/actors.db')).toBe(true)
    expect(restored('worlds/two [2]/packs/actors.db')).toBe(true)
    expect(restored('worlds/one/world.json')).toBe(true)
    expect(restored('letter.txt')).toBe(false)
    expect(restore.sizeBytes).toBeGreaterThan(0)
  })

  test('a pattern that finds nothing is refused, and nothing is made', async () => {
    const answer = await site.holdfast('restore', 'documents', '--match', 'worlds/*/pack', '--to', target())
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('worlds/*/pack is not in snapshot')
    expect(existsSync(target())).toBe(false)
  })

  test('in place needs a word typed, and then brings back what was lost or changed and deletes nothing', async () => {
    writeFileSync(at('letter.txt'), 'changed\n')
    rmSync(at('worlds/one'), { recursive: true })
    writeFileSync(at('new since'), 'new\n')
    const once = await site.holdfast('restore', 'documents', '--in-place')
    expect(once.exitCode).toBe(2)
    expect(readFileSync(at('letter.txt'), 'utf8')).toBe('changed\n')
    // Folders above belong to nobody's backup.
    const above = dirname(site.documents)
    utimesSync(above, 1e9, 1e9)
    const mode = statSync(above).mode
    const answer = await site.holdfast('restore', 'documents', '--in-place', '--yes', '--json')
    // An old one can't replace a link, and follows others out of the data.
    const [code, words] = isOld ? [2, 'a link is a link'] : [0, '"kind": "in-place"']
    expect(answer.exitCode).toBe(code)
    expect(answer.text).toContain(words)
    if (isOld) {
      rmSync(at('a link'))
      await site.ask('restore', 'documents', '--in-place', '--yes')
    }
    expect(statSync(above).mode).toBe(mode)
    expect(statSync(above).mtimeMs).toBe(1e12)
    expect(readFileSync(at('new since'), 'utf8')).toBe('new\n')
    rmSync(at('new since'))
    utimesSync(site.documents, new Date(), statSync(site.documents).mtime)
    expect(describeTree(site.documents)).toEqual(before)
  })

  test('in place, one path or pattern leaves the others as they are', async () => {
    for (const file of ['letter.txt', 'worlds/one/world.json', 'worlds/two [2]/packs/actors.db'])
      writeFileSync(at(file), 'changed\n')
    const words = ['--path', 'worlds/two [2]', '--match', 'worlds/*/world.json']
    if (isOld) rmSync(at('a link'))
    await site.ask('restore', 'documents', '--in-place', ...words, '--yes')
    expect(readFileSync(at('worlds/two [2]/packs/actors.db'), 'utf8')).toBe('two [2]\n')
    expect(readFileSync(at('worlds/one/world.json'), 'utf8')).toBe('{}\n')
    expect(readFileSync(at('letter.txt'), 'utf8')).toBe('changed\n')
    const unknown = await site.holdfast('restore', 'documents', '--in-place', '--path', 'no such/thing', '--yes')
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain('is not in snapshot')
  })

  test('in place with --delete removes what the snapshot lacks, where restic can', async () => {
    writeFileSync(at('new since'), 'new\n')
    writeFileSync(join(site.root, 'beside'), 'not of this component\n')
    const answer = await site.holdfast('restore', 'documents', '--in-place', '--delete', '--yes', '--json')
    const [code, words] = isOld ? [78, 'restic 0.14.0 cannot delete what a snapshot lacks'] : [0, '"kind": "in-place"']
    expect(answer.exitCode).toBe(code)
    expect(answer.text).toContain(words)
    expect(existsSync(at('new since'))).toBe(isOld)
    expect(isOld || isDeepStrictEqual(describeTree(site.documents), before)).toBe(true)
    expect(existsSync(join(site.root, 'beside'))).toBe(true)
  })

  test('a folder that was restored into belongs to whoever asked for it: nothing is remembered of it', async () => {
    await site.ask('restore', 'documents', '--to', target())
    const again = await site.holdfast('restore', 'documents', '--to', target())
    expect(again.stderr).toContain('is not an empty folder')
    expect(readdirSync(join(site.root, 'state', site.name, 'restores'))).toEqual([])
  })
})
