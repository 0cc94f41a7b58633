import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { errorLines, printError } from './error.ts'

describe('a failure that is printed', () => {
  let outlet = new CapturedOutlet()
  beforeEach(() => void (outlet = new CapturedOutlet()))
  afterEach(() => void vi.unstubAllEnvs())

  const failure = new HoldfastError('wrong-key', 'the passphrase does not open the repository', {
    hint: 'put the right one into restic.key',
    detail: 'Fatal: wrong password\n\nor no key found',
  })

  test('is a message, its evidence and its remedy, and gives back the exit code', () => {
    expect(printError(failure, false, outlet)).toBe(12)
    expect(outlet.stderr).toBe(
      'error: the passphrase does not open the repository\n\n  Fatal: wrong password\n\n  or no key found\n\nhint:  put the right one into restic.key\n',
    )
  })

  test('is one document for programs', () => {
    expect(printError(failure, true, outlet)).toBe(12)
    expect(JSON.parse(outlet.stderr)).toEqual({
      schemaVersion: 1,
      error: {
        code: 'wrong-key',
        message: 'the passphrase does not open the repository',
        hint: 'put the right one into restic.key',
        detail: 'Fatal: wrong password\n\nor no key found',
        exitCode: 12,
      },
    })
  })

  test('is told also when nobody foresaw it, without a stack that nobody asked for', () => {
    expect(printError(new TypeError('x is not a function'), false, outlet)).toBe(1)
    expect(outlet.stderr).toBe('error: x is not a function\n')
  })

  test('shows where it came from to whoever asks', () => {
    vi.stubEnv('HOLDFAST_DEBUG', '1')
    printError(new TypeError('x is not a function'), false, outlet)
    expect(outlet.stderr).toMatch(/^error: x is not a function\n\nTypeError: x is not a function\n {4}at /)
  })
})

test('a failure inside a summary is its message, and its remedy below', () => {
  expect(errorLines({ code: 'locked', message: 'locked', hint: 'wait' })).toEqual(['locked', 'wait'])
  expect(errorLines({ code: 'locked', message: 'locked' })).toEqual(['locked'])
})
