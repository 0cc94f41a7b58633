import { describe, expect, test } from 'vitest'
import { atLeast, engineMissing, engineTooOld, parseVersion, versionText } from './version.ts'

describe('a version', () => {
  test.each([
    ['restic 0.14.0 compiled with go1.19.8 on linux/amd64', [0, 14, 0]],
    ['restic 0.18.0 compiled with go1.24.4 on linux/amd64', [0, 18, 0]],
    ['restic 0.19.1-dev (compiled manually) compiled with go1.25', [0, 19, 1]],
    ['pgBackRest 2.45\n', [2, 45]],
    ['pgBackRest 2.55.1', [2, 55, 1]],
    ['pgBackRest 2.59dev', [2, 59]],
  ])('is found in %j', (text, version) => {
    expect(parseVersion(text)).toEqual(version)
    expect(versionText(version)).toBe(version.join('.'))
  })

  test.each(['', 'command not found', 'restic'])('is not found in %j', (text) => {
    expect(parseVersion(text)).toBeUndefined()
  })

  test.each([
    [[0, 14], [0, 14], true],
    [[0, 14, 0], [0, 14], true],
    [[0, 14], [0, 14, 1], false],
    [[0, 9, 6], [0, 14], false],
    [[0, 18], [0, 14], true],
    [[1, 0], [0, 18, 9], true],
    [[2, 45], [2, 55, 1], false],
    [[2, 55, 1], [2, 45], true],
  ])('%j is at least %j: %s', (version, minimum, expected) => {
    expect(atLeast(version, minimum)).toBe(expected)
  })
})

test('a missing or old engine is told with the remedy', () => {
  expect(engineMissing('restic')).toMatchObject({
    code: 'engine-missing',
    message: 'restic is not installed',
    hint: 'apt-get install restic, or holdfast setup apply',
  })
  expect(engineTooOld('restic', [0, 9, 6], [0, 14])).toMatchObject({
    code: 'engine-too-old',
    message: 'restic 0.9.6 is too old; 0.14 or later is needed',
  })
})
