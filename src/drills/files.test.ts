import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { examineFiles } from './files.ts'

function restored(): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'srv/worlds/void'), { recursive: true })
  writeFileSync(join(folder, 'srv/worlds/level.dat'), '12345')
  linkSync(join(folder, 'srv/worlds/level.dat'), join(folder, 'srv/worlds/same.dat'))
  symlinkSync('level.dat', join(folder, 'srv/worlds/link'))
  writeFileSync(join(folder, 'srv/empty'), '')
  return folder
}

const counted = { entries: 7, sizeBytes: 5 }

test('asks of each path whether it is there, and whether anything is in it', () => {
  const mustExist = ['/srv/worlds', '/srv/worlds/link', '/srv/worlds/void', '/srv/empty', '/srv/gone']
  const assertions = examineFiles(restored(), { mustExist, recorded: counted, counted })
  expect(assertions.map(({ holds, said }) => (holds ? true : said))).toEqual([
    ...[true, true, true],
    ...['it is empty', 'it is empty', 'it is not there'],
  ])
})

test('follows links as on the source, but never out of what was restored', () => {
  const folder = restored()
  const live = temporaryFolder()
  writeFileSync(join(live, 'level.dat'), 'alive')
  symlinkSync(live, join(folder, 'srv/outside'))
  symlinkSync('/srv/worlds', join(folder, 'srv/inside'))
  symlinkSync('../srv/worlds/void/../level.dat', join(folder, 'srv/winding'))
  symlinkSync('round', join(folder, 'srv/round'))
  const mustExist = ['/srv/inside/level.dat', '/srv/winding', '/srv/outside', '/srv/outside/level.dat', '/srv/round']
  const assertions = examineFiles(folder, { mustExist, recorded: counted, counted })
  expect(assertions.map(({ holds, said }) => (holds ? true : said))).toEqual([
    ...[true, true, true],
    `it leads to ${live}, which is not there`,
    `it leads to ${live}/level.dat, which is not there`,
    'it is not there',
  ])
})

test('does not take less, or more, for what the snapshot holds', () => {
  for (const recorded of [
    { entries: 8, sizeBytes: 5 },
    { entries: 7, sizeBytes: 4 },
  ]) {
    const [assertion] = examineFiles(restored(), { mustExist: [], recorded, counted })
    expect(assertion).toMatchObject({
      holds: false,
      said: expect.stringContaining('7 entries of 5 bytes, and the snapshot holds'),
    })
  }
})
