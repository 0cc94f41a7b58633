import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { smallDisk } from '../../test/support/small-disk.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { createFile, makeFolder, replaceFile } from './replace-file.ts'

const durable = { mode: 0o640, keep: 'durable' } as const
const modeOf = (file: string): number => statSync(file).mode & 0o777

describe('a file is replaced', () => {
  test('as a whole, with the mode that is wanted, and without a draft left', () => {
    const folder = temporaryFolder()
    const file = join(folder, 'one.json')
    const umask = process.umask(0o077)
    try {
      replaceFile(file, 'old, and longer', durable)
      replaceFile(file, 'new', { ...durable, mode: 0o644 })
    } finally {
      process.umask(umask)
    }
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(modeOf(file)).toBe(0o644)
    expect(readdirSync(folder)).toEqual(['one.json'])
  })

  test('with the owner that is wanted', () => {
    const file = join(temporaryFolder(), 'one.json')
    replaceFile(file, 'x', { ...durable, owner: { uid: 1, gid: 2 } })
    expect([statSync(file).uid, statSync(file).gid]).toEqual([1, 2])
  })

  test('and whoever had it open reads the old one to its end', () => {
    const file = join(temporaryFolder(), 'one.json')
    replaceFile(file, 'old', durable)
    const before = lstatSync(file).ino
    replaceFile(file, 'new', durable)
    expect(lstatSync(file).ino).not.toBe(before)
  })

  test('in place of a link, never through it', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'theirs'), 'theirs')
    symlinkSync('theirs', join(folder, 'link'))
    replaceFile(join(folder, 'link'), 'ours', durable)
    expect(readFileSync(join(folder, 'theirs'), 'utf8')).toBe('theirs')
    expect(lstatSync(join(folder, 'link')).isFile()).toBe(true)
  })

  test('under a draft that nobody can have put there before', () => {
    const folder = temporaryFolder()
    const file = join(folder, 'one.json')
    // What the sixteen ways before this one wrote through.
    writeFileSync(join(folder, 'theirs'), 'theirs')
    for (const name of ['one.json.new', '.one.json.new']) symlinkSync('theirs', join(folder, name))
    replaceFile(file, 'ours', durable)
    expect(readFileSync(join(folder, 'theirs'), 'utf8')).toBe('theirs')
  })

  test('or stays as it was on a full disk, and no draft takes what room is left', () => {
    const disk = smallDisk()
    const file = join(disk.path, 'one.json')
    replaceFile(file, 'old', durable)
    disk.fill(4096)
    expect(() => replaceFile(file, 'n'.repeat(6000), durable)).toThrow(`ENOSPC: no space left on device, write '${file}'`)
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(readdirSync(disk.path).toSorted()).toEqual(['filling', 'one.json'])
    // The room is free again.
    replaceFile(file, 'n'.repeat(3000), durable)
    expect(readFileSync(file, 'utf8')).toBe('n'.repeat(3000))
  })

  test('or fails in words that name it, and leaves no draft', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'a folder', 'with something'), { recursive: true })
    expect(() => replaceFile(join(folder, 'a folder'), 'x', durable)).toThrow(`'${join(folder, 'a folder')}'`)
    expect(() => replaceFile(join(folder, 'none', 'x.json'), 'x', durable)).toThrow(`'${join(folder, 'none', 'x.json')}'`)
    expect(readdirSync(folder)).toEqual(['a folder'])
  })
})

describe('drafts that others left', () => {
  const draft = (folder: string, pid: number, ageSeconds: number): string => {
    const file = join(folder, `.holdfast-draft-${pid}-abc`)
    writeFileSync(file, 'half')
    const time = statSync(file).mtimeMs / 1000 - ageSeconds
    utimesSync(file, time, time)
    return file
  }
  /** Larger than any that Linux gives. */
  const nobody = 4_194_305

  test('go with the next replacement, once their process is gone', () => {
    const folder = temporaryFolder()
    const left = draft(folder, nobody, 120)
    replaceFile(join(folder, 'one.json'), 'x', durable)
    expect(existsSync(left)).toBe(false)
  })

  test.each([
    ['its process lives', process.pid, 120],
    ['it may be one of another machine, at work now', nobody, 10],
  ])('stay while %s', (_, pid, ageSeconds) => {
    const folder = temporaryFolder()
    const left = draft(folder, pid, ageSeconds)
    replaceFile(join(folder, 'one.json'), 'x', durable)
    expect(existsSync(left)).toBe(true)
  })

  test('go after a day, whoever has their number now; other files stay', () => {
    const folder = temporaryFolder()
    const left = draft(folder, process.pid, 100_000)
    writeFileSync(join(folder, '.holdfast-draft-notes'), 'x')
    mkdirSync(join(folder, `.holdfast-draft-${nobody}-folder`))
    utimesSync(join(folder, `.holdfast-draft-${nobody}-folder`), 1, 1)
    replaceFile(join(folder, 'one.json'), 'x', durable)
    expect(existsSync(left)).toBe(false)
    expect(readdirSync(folder)).toHaveLength(3)
  })
})

describe('a file is created', () => {
  test('once: the second one is told that it is there, and changes nothing', () => {
    const folder = temporaryFolder()
    const file = join(folder, 'one')
    expect(createFile(file, 'first', durable)).toBe(true)
    expect(createFile(file, 'second', durable)).toBe(false)
    expect(readFileSync(file, 'utf8')).toBe('first')
    expect(readdirSync(folder)).toEqual(['one'])
  })

  test('never through a link, be it one that leads nowhere', () => {
    const folder = temporaryFolder()
    symlinkSync('elsewhere', join(folder, 'one'))
    expect(createFile(join(folder, 'one'), 'x', durable)).toBe(false)
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
  })

  test('not in halves on a full disk', () => {
    const disk = smallDisk()
    disk.fill(4096)
    expect(() => createFile(join(disk.path, 'one'), 'n'.repeat(6000), durable)).toThrow('ENOSPC')
    expect(readdirSync(disk.path)).toEqual(['filling'])
  })
})

test('folders are made with those above them, and stay as they are when they are there', () => {
  const folder = join(temporaryFolder(), 'a', 'b')
  makeFolder(folder, 0o700)
  chmodSync(folder, 0o750)
  makeFolder(folder, 0o700)
  expect(modeOf(folder)).toBe(0o750)
})
