import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { dockerfileText, programVersion, readDockerfile, readImageAnswer, type DatabaseImage } from './image.ts'

const debian: DatabaseImage = {
  base: 'postgis/postgis:15-3.3',
  family: 'debian',
  packageVersion: '2.55.1-1.pgdg120+1',
  user: '',
  uid: 999,
  gid: 999,
}
const alpine: DatabaseImage = {
  ...debian,
  base: 'registry.example.org:5000/postgres:16-alpine',
  family: 'alpine',
  packageVersion: '2.54.2-r0',
  user: 'postgres',
  uid: 70,
  gid: 70,
}

describe('the Dockerfile', () => {
  test.each([
    ['debian', debian],
    ['alpine', alpine],
  ])('for an image of %s is that of the golden file', async (family, image) => {
    await expect(dockerfileText(image)).toMatchFileSnapshot(`../../../../test/golden/container-${family}.Dockerfile.txt`)
  })

  test.each([debian, alpine])('remembers what was found out of $base', ({ uid: _uid, gid: _gid, ...base }) => {
    expect(readDockerfile(dockerfileText({ ...base, uid: 1, gid: 1 }))).toEqual(base)
  })

  test('is followed where a person pinned another version', () => {
    const text = dockerfileText(debian).replace('2.55.1-1.pgdg120+1', '2.59.1-1')
    expect(readDockerfile(text)?.packageVersion).toBe('2.59.1-1')
  })

  test('of somebody else says nothing', () => {
    expect(readDockerfile('FROM postgres:15\nRUN true\n')).toBeUndefined()
  })

  test.each([
    ['2.45-1', '2.45'],
    ['2.55.1-1.pgdg120+1', '2.55.1'],
    ['2.54.2-r0', '2.54.2'],
    ['2.45', '2.45'],
  ])('takes the program in package %s for %s', (packageVersion, version) => {
    expect(programVersion(packageVersion)).toBe(version)
  })
})

describe('a base image', () => {
  test.each([
    ['debian \n2.45-1\n', 'debian', '2.45-1'],
    ['ubuntu debian\n2.37-1\n', 'debian', '2.37-1'],
    ['alpine \n2.54.2-r0\n', 'alpine', '2.54.2-r0'],
  ])('that answers %j is of %s, with %s', (answer, family, packageVersion) => {
    expect(readImageAnswer('postgres:15', answer, '')).toEqual({ family, packageVersion })
  })

  test.each([
    ['fedora \n', 'is neither of Debian nor of Alpine, but of fedora'],
    ['', 'is neither of Debian nor of Alpine, but of an unknown system'],
    ['debian \n', 'the packages that postgres:15 can install hold no pgBackRest'],
    ['debian \n(none)\n', 'the packages that postgres:15 can install hold no pgBackRest'],
  ])('that answers %j is refused', async (answer, message) => {
    const failure = await failureOf(async () => readImageAnswer('postgres:15', answer, ''))
    expect(failure.code).toBe('engine-missing')
    expect(failure.message).toContain(message)
    expect(failure.hint).toContain('docs/containers.md')
  })
})
