import { describe, expect, test } from 'vitest'
import {
  batchExitCode,
  errorCatalogue,
  errorRecord,
  HoldfastError,
  isHoldfastError,
  isSystemError,
  toHoldfastError,
  type ErrorCode,
} from './errors.ts'

const codes = Object.keys(errorCatalogue) as ErrorCode[]

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

describe('the catalogue', () => {
  test('uses no exit code but those that the command line promises', () => {
    const promised = [1, 2, 3, 4, 5, 10, 11, 12, 78, 130]
    expect(codes.filter((code) => !promised.includes(errorCatalogue[code].exit))).toEqual([])
  })

  test('tries again only what may heal by itself, so that a run never waits in vain', () => {
    expect(codes.filter((code) => errorCatalogue[code].retryable)).toEqual([
      'locked',
      'storage-unreachable',
      'container-down',
      'postgres-down',
    ])
  })

  test('says what each code means, as part of a sentence', () => {
    expect(codes.filter((code) => !/^(?:[a-z]|PostgreSQL|WAL|holdfast).*[^.]$/.test(errorCatalogue[code].meaning))).toEqual([])
  })
})

describe('an error', () => {
  test('knows how a process ends that it ends', () => {
    const error = new HoldfastError('wrong-key', 'the passphrase does not open the repository')
    expect([error.exitCode, error.retryable]).toEqual([12, false])
    expect(new HoldfastError('locked', 'another run goes on').retryable).toBe(true)
  })

  test('keeps what caused it', () => {
    const cause = new Error('ECONNREFUSED')
    expect(new HoldfastError('storage-unreachable', 'no answer', { cause }).cause).toBe(cause)
    expect('cause' in new HoldfastError('storage-unreachable', 'no answer')).toBe(false)
  })
})

describe('an error of ours', () => {
  test('is told by its brand, whichever copy of this module made it', async () => {
    const again = './errors.ts?again'
    const other = (await import(again)) as { HoldfastError: typeof HoldfastError }
    const error: unknown = new other.HoldfastError('locked', 'another run goes on', { hint: 'wait' })
    expect(error instanceof HoldfastError).toBe(false)
    expect(isHoldfastError(error)).toBe(true)
    expect(toHoldfastError(error)).toBe(error)
    expect(errorRecord(error)).toEqual({ code: 'locked', message: 'another run goes on', hint: 'wait' })
  })

  test.each([
    ['an Error', new Error('oops')],
    ['an Error that takes its name', Object.assign(new Error('oops'), { name: 'HoldfastError', code: 'locked' })],
    ['a record of one', errorRecord(new HoldfastError('locked', 'another run goes on'))],
    ['a text', 'HoldfastError'],
    ['nothing', undefined],
    ['null', null],
  ])('is not %s', (_what, value) => {
    expect(isHoldfastError(value)).toBe(false)
  })
})

describe('whatever was thrown', () => {
  test('stays what it is when it is an error of the catalogue', () => {
    const error = new HoldfastError('locked', 'another run goes on')
    expect(toHoldfastError(error)).toBe(error)
  })

  test('is storage-full when a disk is full, with the remedy', () => {
    const thrown = systemError('ENOSPC', 'ENOSPC: no space left on device, write')
    expect(toHoldfastError(thrown)).toMatchObject({
      code: 'storage-full',
      message: 'no space left',
      hint: 'free some space on that file system, then run the command again',
      cause: thrown,
    })
  })

  test.each([
    ['an Error', new TypeError('x is not a function'), 'x is not a function'],
    ['another error of the system', systemError('EIO', 'EIO: i/o error, read'), 'EIO: i/o error, read'],
    ['a text', 'oops', 'oops'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
  ])('is unexpected when it is %s', (_what, thrown, message) => {
    expect(toHoldfastError(thrown)).toMatchObject({ code: 'unexpected', message, exitCode: 1, retryable: false })
  })
})

describe('an error of the system', () => {
  test('is one with a code of Node’s, never one of the catalogue', () => {
    expect(isSystemError(systemError('ENOENT', 'no such file'))).toBe(true)
    expect(isSystemError(new HoldfastError('secret', 'it can be read by others'))).toBe(false)
    expect(isSystemError(new Error('ENOENT'))).toBe(false)
    expect(isSystemError({ code: 'ENOENT' })).toBe(false)
  })
})

describe('the record of an error', () => {
  test('holds what a journal needs, and no key without a value', () => {
    const details = { hint: 'wait until it is done', detail: 'repository is already locked', cause: new Error('x') }
    expect(errorRecord(new HoldfastError('locked', 'another run goes on', details))).toStrictEqual({
      code: 'locked',
      message: 'another run goes on',
      hint: 'wait until it is done',
      detail: 'repository is already locked',
    })
    expect(errorRecord(new Error('oops'))).toStrictEqual({ code: 'unexpected', message: 'oops' })
  })
})

describe('the exit code of a batch', () => {
  const failed = (...reasons: ErrorCode[]) => reasons.map((code) => ({ code, message: code }))

  test.each([
    ['nothing failed', [], 3, 0],
    ['one of three failed', [failed('wrong-key')], 3, 3],
    ['all failed for one reason with an exit code of its own', [failed('wrong-key'), failed('wrong-key')], 2, 12],
    ['all failed for reasons that share an exit code', [failed('repository-missing'), failed('bucket-missing')], 2, 10],
    ['all failed, for different reasons', [failed('wrong-key'), failed('locked')], 2, 3],
    ['all failed, one for two reasons', [failed('wrong-key', 'locked')], 1, 3],
    ['all failed for a reason without an exit code of its own', [failed('engine-failed')], 1, 3],
  ])('when %s', (_what, failures, items, exitCode) => {
    expect(batchExitCode(failures, items)).toBe(exitCode)
  })
})
