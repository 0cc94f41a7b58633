import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { HoldfastError } from './errors.ts'
import { systemErrorText } from './system-error-text.ts'

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('this was expected to fail, and succeeded')
}

test('what the system refuses is told in words, without its code, the system call and the path', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(systemErrorText(thrownBy(() => readFileSync(join(folder, 'none'))))).toBe('it does not exist')
  expect(systemErrorText(thrownBy(() => readFileSync(join(file, 'below'))))).toBe('a part of its path is not a folder')
  expect(systemErrorText(thrownBy(() => readFileSync(folder)))).toBe('it is a folder')
  expect(systemErrorText(thrownBy(() => mkdirSync(folder)))).toBe('file already exists')
  expect(systemErrorText(thrownBy(() => rmdirSync(folder)))).toBe('directory not empty')
})

test('what is not in the table keeps the words of the system', () => {
  const thrown = (message: string) => Object.assign(new Error(message), { code: 'EMFILE' })
  expect(systemErrorText(thrown("EMFILE: too many open files, open '/srv/it, really'"))).toBe('too many open files')
  expect(systemErrorText(thrown('EMFILE: too many open files, watch'))).toBe('too many open files')
})

test('any other error keeps its message', () => {
  expect(systemErrorText(new TypeError('it is odd, open it'))).toBe('it is odd, open it')
  expect(systemErrorText(new HoldfastError('usage', 'ENOENT: no such option, open'))).toBe('ENOENT: no such option, open')
  expect(systemErrorText('words')).toBe('words')
})
