import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { smallDisk } from '../../test/support/small-disk.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { parseInstant } from '../domain/clock.ts'
import { openPointCache, type PointSighting } from './point-cache.ts'

const at = parseInstant('2026-01-26T03:00:00Z')
const sighting: PointSighting = {
  askedAt: at,
  points: [{ id: 'abc', kind: 'snapshot', beganAt: at, endedAt: at, dependsOn: [], hasErrors: false, tags: [] }],
  windows: [
    {
      from: at,
      to: at,
      archivedAt: at,
      points: ['abc'],
      timeline: 1,
      lastWal: '000000010000000000000005',
      brokenAfter: false,
      archive: '15-1',
    },
  ],
  unreachable: [],
  repositoryBytes: 1390,
}

test('remembers what an engine said, for each component by itself', () => {
  const cache = openPointCache(join(temporaryFolder(), 'points'))
  cache.write('foundry', sighting)
  expect(cache.read('foundry')).toEqual(sighting)
  expect(cache.read('logs')).toBeUndefined()
})

test('knows nothing, and fails nothing, when it was deleted or torn', () => {
  const folder = temporaryFolder()
  const cache = openPointCache(folder)
  expect(cache.read('foundry')).toBeUndefined()
  writeFileSync(join(folder, 'foundry.json'), '{"askedAt":17')
  expect(cache.read('foundry')).toBeUndefined()
  cache.write('foundry', sighting)
  expect(cache.read('foundry')).toEqual(sighting)
})

test('replaces an answer as a whole, and leaves no draft behind', () => {
  const folder = temporaryFolder()
  const cache = openPointCache(folder)
  cache.write('foundry', sighting)
  cache.write('foundry', { ...sighting, points: [] })
  expect(cache.read('foundry')?.points).toEqual([])
  expect(readdirSync(folder)).toEqual(['foundry.json'])
})

test('fails nothing when it cannot be written, and keeps what it knew', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a file'), '')
  expect(() => openPointCache(join(folder, 'a file')).write('foundry', sighting)).not.toThrow()
  const disk = smallDisk()
  const cache = openPointCache(disk.path)
  cache.write('foundry', sighting)
  disk.fill(0)
  cache.write('foundry', { ...sighting, points: [] })
  expect(cache.read('foundry')).toEqual(sighting)
})
