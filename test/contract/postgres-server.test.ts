import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCluster, type Cluster } from '../../src/demo/cluster.ts'
import { instant, systemClock } from '../../src/domain/clock.ts'
import type { PostgresSource } from '../../src/domain/site.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { locate } from '../../src/sources/postgres/locate.ts'
import type { PostgresServer } from '../../src/sources/postgres/port.ts'
import { failureOf } from '../support/failure.ts'
import { createFakePostgres } from '../support/fake-postgres.ts'

/** What a use case may rely on of a live server, whether it is the one in memory or PostgreSQL itself. */

/** A server, and what happens to it. */
interface Subject {
  /** A new look at it, as each use case takes one. */
  locate(options?: { readonly heartbeat?: boolean }): Promise<PostgresServer>
  holdArchive(): void
  releaseArchive(): void
  stop(): Promise<void>
}

const place = createLocalPlace()
const { signal } = new AbortController()
const root = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
const held = join(root, 'held')
let cluster: Cluster

beforeAll(async () => {
  chmodSync(root, 0o755)
  cluster = await createCluster({ place, signal, folder: join(root, 'postgres') })
  // A comment makes it one of pgBackRest's to whoever reads it.
  const archiving = ['archive_mode = on', `archive_command = 'test ! -e ${held} # pgbackrest'`]
  appendFileSync(join(cluster.dataDirectory, 'postgresql.conf'), `\n${archiving.join('\n')}\n`)
  await cluster.restart()
})
afterAll(async () => {
  await cluster.stop().catch(() => undefined)
  rmSync(root, { recursive: true, force: true })
})

const sourceOf = (heartbeat: boolean): PostgresSource => ({
  ...{ kind: 'postgres', dataDirectory: cluster.dataDirectory, port: undefined, socketDirectory: undefined },
  ...{ user: 'postgres', database: 'postgres', full: 'weekly', between: 'differential', processes: 1, heartbeat },
})

const real: Subject = {
  locate: ({ heartbeat = true } = {}) => locate({ here: place, place, source: sourceOf(heartbeat), signal }),
  holdArchive: () => writeFileSync(held, ''),
  releaseArchive: () => rmSync(held, { force: true }),
  stop: () => cluster.stop(),
}

function fake(): Subject {
  const now = () => systemClock.now()
  const answers = { "VALUES (1, 'a'), (2, NULL)": '1|a\n2|' }
  const server = createFakePostgres({ now, answers })
  const without = createFakePostgres({ now, answers, heartbeat: false })
  return {
    locate: async ({ heartbeat = true } = {}) => (heartbeat ? server : without),
    holdArchive: () => void (server.archives = false),
    releaseArchive: () => void (server.archives = true),
    stop: async () => void (server.isUp = false),
  }
}

const writer = 'pi-hosting/database run'
const work = { clock: systemClock, limitMs: 60_000, writer }

describe.each([
  ['in memory', fake()],
  ['of this machine', real],
])('a PostgreSQL server %s', (_kind, subject) => {
  test('answers SQL with a line a row, and rejects what is wrong', async () => {
    const server = await subject.locate()
    expect(await server.query("VALUES (1, 'a'), (2, NULL)")).toBe('1|a\n2|')
    expect(await failureOf(() => server.query('SELECT nothing FROM nowhere'))).toMatchObject({
      code: 'unexpected',
      message: expect.stringMatching(/^PostgreSQL rejected a query: ERROR: /) as string,
    })
  })

  test('tells facts of itself that make it ready to be backed up', async () => {
    const server = await subject.locate()
    const facts = await server.facts()
    expect(facts).toMatchObject({ inRecovery: false, archiveMode: 'on', walLevel: 'replica', pendingRestart: [] })
    expect(facts.currentWal).toMatch(/^[0-9A-F]{24}$/)
    expect(facts.version).toBeGreaterThan(90_000)
    await server.requireReady()
  })

  test('keeps the heartbeat of who wrote last, by its own clock', async () => {
    const server = await subject.locate()
    expect(await server.commit('pi-hosting/database earlier')).toBeUndefined()
    expect(await server.commit(writer)).toBeUndefined()
    const heartbeat = await server.heartbeat()
    expect(heartbeat?.writer).toBe(writer)
    expect(heartbeat?.at).toBeLessThanOrEqual(await server.clock())
  })

  test('commits without a heartbeat where none is allowed', async () => {
    const allowed = await subject.locate()
    await allowed.commit(writer)
    const server = await subject.locate({ heartbeat: false })
    const before = await server.reached()
    expect(await server.commit('somebody else')).toBeUndefined()
    expect((await server.reached()).next).toBeGreaterThan(before.next)
    expect((await allowed.heartbeat())?.writer).toBe(writer)
  })

  test('archives what was committed until now, and says so', async () => {
    const server = await subject.locate()
    const { segment, refusal } = await server.archiveUntilNow(work)
    expect(refusal).toBeUndefined()
    const now = instant(Date.UTC(2026, 0, 26))
    const sighting = await server.archiver({ now, before: undefined })
    expect(sighting).toMatchObject({ seenAt: now, isOn: true, isFailing: false, waiting: 0, lastArchivedWal: segment })
    expect((await server.facts()).lastArchivedWal).toBe(segment)
  })

  test('remembers since when nothing was committed', async () => {
    const server = await subject.locate()
    const [first, second] = [instant(Date.UTC(2026, 0, 26)), instant(Date.UTC(2026, 0, 27))]
    const before = await server.archiver({ now: first, before: undefined })
    expect((await server.archiver({ now: second, before })).xidSince).toBe(first)
    await server.commit(writer)
    expect((await server.archiver({ now: second, before })).xidSince).toBe(second)
  })

  test('gives up on a segment that is not archived, which waits, and goes on afterwards', async () => {
    const server = await subject.locate()
    subject.holdArchive()
    try {
      const error = await failureOf(() => server.archiveUntilNow({ ...work, limitMs: 300 }))
      expect(error.code).toBe('archive-failing')
      const sighting = await server.archiver({ now: systemClock.now(), before: undefined })
      expect(sighting.waiting).toBeGreaterThan(0)
      expect(sighting.waitingBytes).toBe(sighting.waiting * 16 * 2 ** 20)
    } finally {
      subject.releaseArchive()
    }
    await server.archiveUntilNow(work)
    expect((await server.archiver({ now: systemClock.now(), before: undefined })).waiting).toBe(0)
  })

  test('tells the commands that stop and start it', async () => {
    const { start, stop, restart } = await (await subject.locate()).control()
    expect(start.arguments).toContain('start')
    expect(stop.arguments).toContain('stop')
    expect(restart.arguments).toContain('restart')
  })

  // Last: it stays down.
  test('that is down says so, whatever it is asked', async () => {
    const server = await subject.locate()
    await subject.stop()
    const now = systemClock.now()
    const questions: (() => Promise<unknown>)[] = [
      () => server.query('SELECT 1'),
      () => server.facts(),
      () => server.requireReady(),
      () => server.clock(),
      () => server.commit(writer),
      () => server.archiveUntilNow(work),
      () => server.reached(),
      () => server.archiver({ now, before: undefined }),
      () => server.reload(),
    ]
    for (const question of questions) expect((await failureOf(question)).code).toBe('postgres-down')
  })
})
