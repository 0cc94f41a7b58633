import { expect, test } from 'vitest'
import { parseInstant } from '../domain/clock.ts'
import { successionOf, type Meeting } from './succession.ts'

const meeting = (part: Partial<Meeting>): Meeting => ({
  known: { majorVersion: '15', systemId: '7711742623814094695' },
  server: { majorVersion: '17', systemId: '7711742581996391971' },
  heartbeatAt: undefined,
  currentWal: '00000001000000010000000A',
  lastWal: '000000030000000100000009',
  ...part,
})

test('a cluster with the number and the version that the repository knows is the same', () => {
  expect(successionOf(meeting({ server: meeting({}).known }))).toBe('same')
})

test('one with this component’s heartbeat came out of the old one, whatever its version and number', () => {
  const heartbeatAt = parseInstant('2026-01-26T03:00:00Z')
  expect(successionOf(meeting({ heartbeatAt }))).toBe('heartbeat')
  expect(successionOf(meeting({ heartbeatAt, server: { majorVersion: '15', systemId: '1' }, lastWal: undefined }))).toBe(
    'heartbeat',
  )
})

test('a later version whose WAL goes on behind the archive’s was upgraded', () => {
  expect(successionOf(meeting({}))).toBe('wal')
})

test.each([
  ['the same version', { server: { majorVersion: '15', systemId: '1' } }],
  ['an earlier version', { server: { majorVersion: '9.6', systemId: '1' } }],
  ['WAL of a new cluster', { currentWal: '000000010000000000000001' }],
  ['an archive without WAL', { lastWal: undefined }],
  ['a server in recovery', { currentWal: undefined }],
])('one with %s and no heartbeat is a stranger', (_what, part) => {
  expect(successionOf(meeting(part))).toBe('stranger')
})
