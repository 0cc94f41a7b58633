import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { smallDisk } from '../../test/support/small-disk.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { appendLine } from './append-line.ts'

const mode = { file: 0o640, folder: 0o750 }

test('a line is appended behind those before it, in a folder that is made for it', () => {
  const file = join(temporaryFolder(), 'a', 'b', 'lines')
  appendLine(file, 'one', mode)
  appendLine(file, 'two', mode)
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
  expect(statSync(file).mode & 0o007).toBe(0)
})

test('a line that a power cut tore is ended first', () => {
  const file = join(temporaryFolder(), 'lines')
  writeFileSync(file, 'one\ntw')
  appendLine(file, 'three', mode)
  expect(readFileSync(file, 'utf8')).toBe('one\ntw\nthree\n')
})

test('a line that a full disk takes only in part is an error that names the file, and leaves nothing of itself', () => {
  const disk = smallDisk()
  const file = join(disk.path, 'lines')
  appendLine(file, 'one', mode)
  disk.fill(4096)
  expect(() => appendLine(file, 'n'.repeat(9000), mode)).toThrow(`ENOSPC: no space left on device, write '${file}'`)
  expect(readFileSync(file, 'utf8')).toBe('one\n')
  // A smaller one still goes in.
  appendLine(file, 'two', mode)
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
})

test('nothing is cut off that was torn before', () => {
  const disk = smallDisk()
  const file = join(disk.path, 'lines')
  writeFileSync(file, 'one\ntw')
  disk.fill(4096)
  expect(() => appendLine(file, 'n'.repeat(9000), mode)).toThrow('ENOSPC')
  expect(readFileSync(file, 'utf8')).toBe('one\ntw')
})

test('what is no regular file is refused at once, and a link is not followed', () => {
  const folder = temporaryFolder()
  execFileSync('mkfifo', [join(folder, 'pipe')])
  symlinkSync('elsewhere', join(folder, 'link'))
  expect(() => appendLine(folder, 'one', mode)).toThrow('EISDIR')
  expect(() => appendLine(join(folder, 'pipe'), 'one', mode)).toThrow('is not a regular file')
  expect(() => appendLine(join(folder, 'link'), 'one', mode)).toThrow('ELOOP')
})
