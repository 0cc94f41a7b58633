import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** What can be seen of a point without restoring it, on both versions of restic. */

const odd = [
  'with space',
  'line\nbreak',
  '\u001b[31mred',
  '*[a]?',
  'back\\slash',
  '--help',
  '!important',
  "it's",
  'Ängström 東京',
]

describe.each(inject('pairs'))('looking into the points of restic ($versions.restic)', ({ ...pair }) => {
  let site: TestSite
  const ids: string[] = []
  const inside = (...parts: string[]) => join(site.documents, ...parts)
  const backUp = async () => {
    const { run } = await site.ask('backup')
    ids.push(run.steps[0].point.id)
  }

  beforeAll(async () => {
    site = await createTestSite({ pair })
    await site.ask('setup', 'apply', '--yes')
    mkdirSync(inside('odd'))
    for (const name of odd) writeFileSync(inside('odd', name), name)
    mkdirSync(inside('leaf'))
    writeFileSync(inside('leaf', 'note.txt'), 'note\n')
    writeFileSync(inside('level.dat'), 'one')
    symlinkSync('level.dat', inside('newest'))
    await backUp()
    renameSync(inside('leaf'), inside('renamed'))
    writeFileSync(inside('level.dat'), 'the second')
    rmSync(inside('newest'))
    await backUp()
    writeFileSync(inside('Added.TXT'), 'added\n')
    rmSync(inside('renamed'), { recursive: true })
    utimesSync(inside('odd', 'with space'), 1e9, 1e9)
    await backUp()
  })
  afterAll(() => site.remove())

  test('a folder of the newest point, or of another, is listed with sizes, times and kinds, and nothing below it', async () => {
    const { listing } = await site.ask('browse', 'list', 'documents')
    expect(listing.path).toBe(site.documents)
    expect(listing.point.id.startsWith(ids[2])).toBe(true)
    const kinds = Object.fromEntries(
      listing.entries.map((entry: Entry) => [entry.path.slice(site.documents.length + 1), entry.kind]),
    )
    expect(kinds).toEqual({ 'Added.TXT': 'file', 'letter.txt': 'file', 'level.dat': 'file', odd: 'folder' })
    const before = await site.ask('browse', 'list', 'documents', '--point', ids[0] as string)
    expect(before.listing.entries).toContainEqual(expect.objectContaining({ path: inside('newest'), kind: 'link' }))
    expect(before.listing.entries).toContainEqual(expect.objectContaining({ path: inside('level.dat'), sizeBytes: 3 }))
    const root = await site.ask('browse', 'list', 'documents', '/')
    expect(root.listing).toMatchObject({ path: '/', kind: 'folder', more: 0, entries: [{ kind: 'folder' }] })
    const limited = await site.ask('browse', 'list', 'documents', 'odd', '--limit', '2')
    expect(limited.listing).toMatchObject({ entries: [{}, {}], more: odd.length - 2 })
  })

  test('a name that means something to a terminal, a shell or a pattern is shown safely and found exactly', async () => {
    const { listing } = await site.ask('browse', 'list', 'documents', 'odd')
    expect(listing.entries.map((entry: Entry) => entry.path).toSorted()).toEqual(
      odd.map((name) => inside('odd', name)).toSorted(),
    )
    const shown = await site.holdfast('browse', 'list', 'documents', 'odd')
    expect(shown.stdout).not.toContain('\u001b')
    expect(shown.stdout).toContain(String.raw`line\nbreak`)
    const { listing: one } = await site.ask('browse', 'list', 'documents', 'odd/*[a]?')
    expect(one.entries).toEqual([expect.objectContaining({ path: inside('odd', '*[a]?'), kind: 'file' })])
    for (const name of ['!important', String.raw`\*\[a\]\?`]) {
      const { found } = await site.ask('browse', 'find', 'documents', name)
      expect(found.paths).toEqual([expect.objectContaining({ path: inside('odd', name.replaceAll('\\', '')), points: 3 })])
    }
  })

  test('the command that is shown for a version brings exactly that version back', async () => {
    const path = inside('odd', 'line\nbreak')
    const shown = await site.holdfast('browse', 'versions', 'documents', path)
    const command = shown.stdout.split('\n').find((line) => line.includes('holdfast restore')) ?? ''
    const target = join(site.root, 'by-command')
    const called = command
      .trim()
      .replace(/^holdfast/, '"$0" "$1"')
      .replace(/\/var\/tmp\/\S+/, target)
    execFileSync('bash', ['-c', called, process.execPath, inject('program')], { env: site.environment })
    expect(readFileSync(join(target, path), 'utf8')).toBe('line\nbreak')
  })

  test('a path is found by its name or a pattern, in every point that holds it', async () => {
    const { found } = await site.ask('browse', 'find', 'documents', '*.dat')
    expect(found).toMatchObject({ searched: 3, more: 0 })
    expect(found.paths).toEqual([expect.objectContaining({ path: inside('level.dat'), sizeBytes: 10, points: 3, versions: 2 })])
    expect((await site.ask('browse', 'find', 'documents', 'added.*')).found.paths).toEqual([])
    expect((await site.ask('browse', 'find', 'documents', '-i', 'added.*')).found.paths).toHaveLength(1)
    // A folder by its name alone, not with all that lies in it.
    expect((await site.ask('browse', 'find', 'documents', 'odd')).found.paths).toHaveLength(1)
    const refused = await site.holdfast('browse', 'find', 'documents', 'a[')
    expect(refused).toMatchObject({ exitCode: 2 })
    expect(refused.stderr).toContain('"a[" is not a pattern')
  })

  test('what lay in a folder is found also after the folder has another name', async () => {
    for (const pattern of ['leaf', 'leaf/note.txt']) {
      const { found } = await site.ask('browse', 'find', 'documents', pattern)
      expect(found.paths).toEqual([expect.objectContaining({ path: inside(...pattern.split('/')), points: 1 })])
      expect(found.paths[0].newest.id.startsWith(ids[0])).toBe(true)
    }
    const { history } = await site.ask('browse', 'versions', 'documents', 'leaf/note.txt')
    expect(history.versions.map(({ kind, points }: Entry) => [kind, points])).toEqual([
      ['absent', 2],
      ['file', 1],
    ])
  })

  test('the versions of a file are told apart, equal ones in a row are one, and its absence is told', async () => {
    const { history } = await site.ask('browse', 'versions', 'documents', 'level.dat')
    expect(history.versions.map(({ sizeBytes, points }: Entry) => [sizeBytes, points])).toEqual([
      [10, 2],
      [3, 1],
    ])
    const link = await site.ask('browse', 'versions', 'documents', 'newest')
    expect(link.history.versions).toEqual([
      expect.objectContaining({ kind: 'absent', points: 2 }),
      expect.objectContaining({ kind: 'link', linkTarget: 'level.dat', points: 1 }),
    ])
    const touched = await site.ask('browse', 'versions', 'documents', 'odd/with space')
    expect(touched.history.versions).toHaveLength(2)
    expect(touched.history.versions[0].modifiedAt).toBe('2001-09-09T01:46:40.000Z')
  })

  test('two points are compared: what was added, removed and modified, with sizes', async () => {
    const { difference } = await site.ask('browse', 'diff', 'documents', ids[0] as string)
    const told = difference.changes.map(({ change, path, beforeBytes, afterBytes }: Entry) => [
      change,
      path.slice(site.documents.length + 1),
      beforeBytes,
      afterBytes,
    ])
    expect(told).toEqual([
      ['added', 'Added.TXT', undefined, 6],
      ['removed', 'leaf', undefined, undefined],
      ['removed', 'leaf/note.txt', 5, undefined],
      ['modified', 'level.dat', 3, 10],
      ['removed', 'newest', undefined, undefined],
    ])
    expect(difference.totals).toMatchObject({
      modifiedFiles: 1,
      added: { files: 1, folders: 0 },
      removed: { files: 2, folders: 1 },
    })
    const back = await site.ask('browse', 'diff', 'documents', ids[2] as string, ids[1] as string, '--limit', '1')
    expect(back.difference).toMatchObject({ changes: [{ change: 'removed', beforeBytes: 6 }], more: 2 })
  })

  test('what is not there is refused with the points that do hold it', async () => {
    const gone = await site.holdfast('browse', 'list', 'documents', 'newest')
    expect(gone).toMatchObject({ exitCode: 2 })
    expect(gone.stderr).toContain(`newest is not in snapshot ${ids[2]?.slice(0, 8)}`)
    expect(gone.stderr).toContain(`1 of 3 points hold it, the newest is ${ids[0]?.slice(0, 8)}`)
    const never = await site.holdfast('browse', 'list', 'documents', 'never')
    expect(never.stderr).toContain('no point holds it; holdfast browse find documents NAME')
    const unknown = await site.holdfast('browse', 'diff', 'documents', 'ffffffff')
    expect(unknown.stderr).toContain('there is no restore point ffffffff')
  })
})

// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes
type Entry = any
