import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFakePostgres, type FakePostgres } from '../../../test/support/fake-postgres.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import type { PostgresComponent, Site } from '../../domain/site.ts'
import type { DatabaseMemory } from '../../state/watch-memory.ts'
import { lookAtArchiving, reasonToAsk, segmentOf } from './watch-database.ts'

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

describe('a look at the archiving of a database', () => {
  const component = {
    name: 'database',
    source: { kind: 'postgres', dataDirectory: '/srv/pg' },
  } as PostgresComponent
  const look = (server: FakePostgres, memory?: DatabaseMemory, file = '/nowhere/holdfast.yaml') =>
    lookAtArchiving({ serverOf: async () => server, site: { file } as Site }, component, now, memory)

  test('remembers since when nothing was committed', async () => {
    const server = createFakePostgres()
    const { archiving } = await look(server)
    const earlier = { ...(archiving as ArchivingSighting), xidSince: hoursAgo(5) }
    expect((await look(server, { archiving: earlier })).archiving).toMatchObject({ seenAt: now, xidSince: hoursAgo(5) })
    await server.commit('pi-hosting/database run')
    expect((await look(server, { archiving: earlier })).archiving).toMatchObject({ xidSince: now })
  })

  test('sees that WAL may be dropped, whichever of the two configurations says so', async () => {
    const server = createFakePostgres()
    expect((await look(server)).archiving).toMatchObject({ mayDrop: false })
    server.settings = { archiveCommand: 'pgbackrest --archive-push-queue-max=1GB archive-push %p' }
    expect((await look(server)).archiving).toMatchObject({ mayDrop: true })
    server.settings = {}
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'pgbackrest'))
    writeFileSync(join(folder, 'pgbackrest', 'database.conf'), '[global]\narchive-push-queue-max=1GB\n')
    expect((await look(server, undefined, join(folder, 'holdfast.yaml'))).archiving).toMatchObject({ mayDrop: true })
  })

  test('hands on the log of the server', async () => {
    const server = createFakePostgres()
    server.droppedWal = true
    const { log } = await look(server)
    expect(await log?.saysDropped({ listedAt: now, readAt: undefined })).toBe(true)
  })

  test('is an error where the server is down, and no end of the watch', async () => {
    const server = createFakePostgres()
    server.isUp = false
    const { archiving, log } = await look(server)
    expect(archiving).toMatchObject({ seenAt: now, error: { code: 'postgres-down' } })
    expect(log).toBeUndefined()
  })

  test('ends the watch where that is interrupted', async () => {
    const interrupted = new HoldfastError('interrupted', 'stopped')
    const server = { ...createFakePostgres(), archiver: () => Promise.reject(interrupted) }
    await expect(look(server)).rejects.toBe(interrupted)
  })
})
