import { instant, type Instant } from '../../src/domain/clock.ts'
import { HoldfastError } from '../../src/domain/errors.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import type { Heartbeat, PostgresServer, ServerFacts } from '../../src/sources/postgres/port.ts'

/** What a fake server is asked in SQL: the statement, word for word, and what is printed. */
export type Answers = Readonly<Record<string, string>>

export interface FakePostgres extends PostgresServer {
  /** While false, it is as if nothing listened there. */
  isUp: boolean
  /** While false, finished segments wait. */
  archives: boolean
  settings: Partial<ServerFacts>
  /** Whether its log speaks of WAL that was dropped; undefined when there is no log. */
  droppedWal: boolean | undefined
  /** Every statement that it was sent. */
  readonly statements: string[]
  readonly reloads: { count: number }
}

export interface FakePostgresOptions {
  readonly answers?: Answers
  /** Whether the configuration allows a heartbeat. */
  readonly heartbeat?: boolean
  /** The server's own clock. */
  readonly now?: () => Instant
}

const dataDirectory = '/var/lib/postgresql/15/main'
const segmentBytes = 16 * 2 ** 20

/**
 * A live server in memory, held to the same contract as the real one (test/contract/postgres-server.test.ts): commits count, WAL
 * is switched and archived, a heartbeat is kept. SQL that no answer was given for is rejected, as SQL that is wrong would be.
 */
export function createFakePostgres(options: FakePostgresOptions = {}): FakePostgres {
  const { answers = {}, heartbeat: isAllowed = true, now = () => instant(Date.UTC(2026, 0, 26, 12)) } = options
  let transaction = 1000
  let segment = 7
  let waiting: string[] = []
  let lastArchivedWal: string | null = null
  let beat: Heartbeat | undefined

  const up = () => {
    if (server.isUp) return
    throw new HoldfastError('postgres-down', 'PostgreSQL on port 5432 does not answer', { hint: 'pg_lsclusters', detail: '' })
  }
  const archive = () => {
    if (!server.archives) return
    lastArchivedWal = waiting.at(-1) ?? lastArchivedWal
    waiting = []
  }
  const command = (verb: string) => ({ program: 'pg_ctl', arguments: [verb], environment: {}, secretEnvironment: [] })

  const server: FakePostgres = {
    isUp: true,
    archives: true,
    settings: {},
    droppedWal: undefined,
    statements: [],
    reloads: { count: 0 },
    place: createLocalPlace(),
    address: { socketDirectory: '/run/postgresql', port: 5432, owner: undefined },
    user: 'postgres',
    container: undefined,
    async query(sql) {
      server.statements.push(sql)
      up()
      const answer = answers[sql]
      if (answer !== undefined) return answer
      throw new HoldfastError('unexpected', `PostgreSQL rejected a query: ERROR:  nobody gave the fake an answer for ${sql}`)
    },
    async facts() {
      up()
      return {
        version: 150_004,
        systemId: '7300000000000000001',
        currentWal: segmentName(segment),
        inRecovery: false,
        dataDirectory,
        archiveMode: 'on',
        archiveCommand: 'pgbackrest archive-push %p',
        archiveTimeoutSeconds: 60,
        walLevel: 'replica',
        configured: {},
        walSegmentBytes: segmentBytes,
        pendingRestart: [],
        lastArchivedWal,
        lastFailedWal: waiting[0] ?? null,
        failedCount: waiting.length,
        archivingFails: waiting.length > 0,
        ...server.settings,
      }
    },
    async requireReady() {
      const { inRecovery, archiveMode } = await server.facts()
      if (inRecovery) throw new HoldfastError('postgres-in-recovery', 'PostgreSQL is in recovery')
      if (archiveMode === 'off') throw new HoldfastError('archive-failing', 'PostgreSQL does not archive its WAL')
    },
    async clock() {
      up()
      return now()
    },
    async heartbeat() {
      up()
      return beat
    },
    async commit(writer) {
      up()
      transaction += 1
      if (isAllowed) beat = { at: now(), writer }
      return undefined
    },
    async archiveUntilNow({ clock, limitMs, writer }) {
      const refusal = await server.commit(writer)
      const finished = segmentName(segment)
      segment += 1
      waiting.push(finished)
      archive()
      const { signal } = new AbortController()
      for (let spentMs = 0; waiting.includes(finished); spentMs += 200) {
        if (spentMs > limitMs) throw new HoldfastError('archive-failing', `WAL segment ${finished} was not archived in time`)
        await clock.sleep(200, signal)
        archive()
      }
      return { segment: finished, refusal }
    },
    async reached() {
      up()
      return { next: BigInt(transaction), committed: [String(transaction - 1)] }
    },
    async archiver({ now: at, before }) {
      up()
      const xid = String(transaction)
      const { archiveMode, archiveCommand, inRecovery } = await server.facts()
      return {
        seenAt: at,
        lastArchivedWal: lastArchivedWal ?? undefined,
        lastArchivedAt: lastArchivedWal === null ? undefined : at,
        failedCount: waiting.length,
        lastFailedWal: waiting[0],
        lastFailedAt: waiting.length === 0 ? undefined : at,
        isFailing: waiting.length > 0,
        waiting: waiting.length,
        waitingBytes: waiting.length * segmentBytes,
        oldestWaitingAt: waiting.length === 0 ? undefined : at,
        finishedAt: lastArchivedWal === null ? undefined : at,
        archiveTimeoutMs: 60_000,
        xid,
        xidSince: before?.xid === xid ? before.xidSince : at,
        isOn: archiveMode !== 'off' && archiveCommand.includes('pgbackrest'),
        mayDrop: archiveCommand.includes('archive-push-queue-max'),
        inRecovery,
      }
    },
    log: { saysDropped: async () => server.droppedWal },
    async configurationFile() {
      up()
      return '/etc/postgresql/15/main/postgresql.conf'
    },
    async reload() {
      up()
      server.reloads.count += 1
    },
    control: async () => ({ start: command('start'), stop: command('stop'), restart: command('restart') }),
  }
  return server
}

const segmentName = (number: number): string => `0000000100000000${number.toString(16).toUpperCase().padStart(8, '0')}`
