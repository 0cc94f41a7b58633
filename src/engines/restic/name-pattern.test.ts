import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { literalPattern } from './commands.ts'
import { nameMatcher } from './name-pattern.ts'

const fits = (glob: string, path: string, ignoreCase = false): boolean => nameMatcher({ glob, ignoreCase }).matches(path)

describe('a pattern', () => {
  test.each([
    ['a.txt', '/srv/a.txt'],
    ['*.txt', '/srv/deep/a.txt'],
    ['d/*.txt', '/srv/d/a.txt'],
    ['/srv/*/a.txt', '/srv/d/a.txt'],
    ['**/a.txt', '/a.txt'],
    ['srv/**/a.txt', '/srv/a.txt'],
    ['srv/**/a.txt', '/srv/b/c/a.txt'],
    ['a.tx?', '/srv/a.txt'],
    ['[a-c].txt', '/srv/b.txt'],
    ['[^a].txt', '/srv/b.txt'],
    [String.raw`[\-\]].txt`, '/srv/].txt'],
    ['a]', '/srv/a]'],
    ['folder/', '/srv/folder'],
    ['東*', '/srv/東京'],
    ['a*c', '/srv/a\nb\nc'],
    ['!a', '/srv/!a'],
  ])('%s fits %s', (glob, path) => {
    expect(fits(glob, path)).toBe(true)
  })

  test.each([
    ['a.txt', '/srv/ba.txt'],
    ['a.txt', '/srv/a.txt/inside'],
    ['*.txt', '/srv/a.txt.old'],
    ['/d/*.txt', '/srv/d/a.txt'],
    ['a*c', '/srv/a/c'],
    ['a?c', '/srv/a/c'],
    ['a[^b]c', '/srv/a/c'],
    ['A.TXT', '/srv/a.txt'],
    ['a.txt', '/srv/aXtxt'],
  ])('%s does not fit %s', (glob, path) => {
    expect(fits(glob, path)).toBe(false)
  })

  test('takes capitals for small letters when told to', () => {
    expect(fits('*.TXT', '/srv/Ärger.txt', true)).toBe(true)
    expect(fits('ÄRGER.*', '/srv/ärger.txt', true)).toBe(true)
  })

  test.each(['', '/', '//', 'a[', '[]', 'a\\', '[b-a]', 'good/[bad'])('%j is refused with a word on patterns', async (glob) => {
    expect(await failureOf(() => nameMatcher({ glob, ignoreCase: false }))).toMatchObject({ code: 'usage' })
  })

  test('that is a real name with its special characters escaped fits exactly that path', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => !name.includes('/'))
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 3 }), names, (parts, other) => {
        const path = `/${parts.join('/')}`
        const { matches } = nameMatcher({ glob: literalPattern(path), ignoreCase: false })
        expect(matches(path)).toBe(true)
        expect(matches(`${path}/${other}`)).toBe(false)
        expect(matches(`/${other}${path}`)).toBe(false)
      }),
    )
  })

  test('that begins like an opposite is asked for as a name', () => {
    expect(nameMatcher({ glob: '!important', ignoreCase: false }).forEngine).toBe(String.raw`\!important`)
    expect(nameMatcher({ glob: '//srv//a/', ignoreCase: false }).forEngine).toBe('/srv/a')
  })
})
