import { expect, test } from 'vitest'
import { instant } from '../../domain/clock.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import { reasonToAsk, segmentOf } from './watch-database.ts'

const now = instant(Date.UTC(2026, 0, 26))
const hoursAgo = (hours: number) => instant(now - hours * 3_600_000)
const segment = '000000010000000000000007'
const sighting = {
  seenAt: now,
  isOn: true,
  isFailing: false,
  waiting: 0,
  failedCount: 4,
  mayDrop: false,
  lastArchivedWal: segment,
} as ArchivingSighting
const before = { archiving: sighting, failedCountThen: 4, archivedThen: '000000010000000000000006' }
const never = () => Promise.resolve(false)
const listed = (hours: number, hasGap = false) => ({ askedAt: hoursAgo(hours), hasGap })

test('the archive is listed once a day, and when there is a reason', async () => {
  expect(await reasonToAsk(sighting, before, listed(25), never)).toBeUndefined()
  expect(await reasonToAsk(sighting, before, listed(27), never)).toBe('nobody has for a day')
  expect(await reasonToAsk({ ...sighting, failedCount: 5 }, before, listed(1), never)).toBe('archiving failed, and works again')
  expect(await reasonToAsk({ ...sighting, failedCount: 5, waiting: 3 }, before, listed(1), never)).toBeUndefined()
  expect(await reasonToAsk(sighting, before, listed(0.1, true), never)).toBe('a gap was seen')
  expect(await reasonToAsk(sighting, { ...before, unlisted: 'words' }, listed(1), never)).toBe('words')
})

test('not while nothing gets through, nor before anything was backed up', async () => {
  expect(await reasonToAsk({ ...sighting, failedCount: 5, isFailing: true }, before, listed(99), never)).toBeUndefined()
  expect(
    await reasonToAsk({ seenAt: now, error: { code: 'postgres-down', message: '' } }, before, listed(99), never),
  ).toBeUndefined()
  expect(await reasonToAsk(sighting, undefined, undefined, never)).toBeUndefined()
})

test('where pgBackRest may drop WAL, the log of the server decides; without a log it is listed every hour', async () => {
  const dropping = { ...sighting, mayDrop: true }
  expect(await reasonToAsk(dropping, before, listed(9), never)).toBeUndefined()
  expect(await reasonToAsk(dropping, before, listed(0.1), () => Promise.resolve(true))).toBe('pgBackRest may drop WAL')
  expect(await reasonToAsk(dropping, before, listed(0.1), () => Promise.resolve(undefined))).toBeUndefined()
  expect(await reasonToAsk(dropping, before, listed(2), () => Promise.resolve(undefined))).toBe('pgBackRest may drop WAL')
  expect(
    await reasonToAsk(dropping, { ...before, archivedThen: segment }, listed(2), () => Promise.resolve(true)),
  ).toBeUndefined()
})

test('labels tell a segment, histories tell none', () => {
  expect(segmentOf(segment)).toBe(segment)
  expect(segmentOf(`${segment}.00000028.backup`)).toBe(segment)
  expect(segmentOf('00000002.history')).toBeUndefined()
  expect(segmentOf(`${segment}.partial`)).toBeUndefined()
  expect(segmentOf(undefined)).toBeUndefined()
})
