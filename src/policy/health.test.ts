import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import type { ArchivingSighting } from '../domain/evidence.ts'
import { healthOf, lossNow, type ComponentEvidence, type DatabaseEvidence } from './health.ts'

const now = instant(Date.UTC(2026, 0, 26, 3))
const rpo = duration(30, 'm')
const ago = (minutes: number): Instant => instant(now - minutes * 60_000)

const sighting: ArchivingSighting = {
  seenAt: ago(4),
  lastArchivedWal: '000000010000000000000007',
  lastArchivedAt: ago(7),
  failedCount: 0,
  lastFailedWal: undefined,
  lastFailedAt: undefined,
  isFailing: false,
  waiting: 0,
  waitingBytes: 0,
  oldestWaitingAt: undefined,
  finishedAt: ago(8),
  archiveTimeoutMs: 300_000,
  xid: '731',
  xidSince: ago(4),
  isOn: true,
  mayDrop: false,
  inRecovery: false,
}

const database: DatabaseEvidence = { archiving: sighting, archivedUntil: ago(180), gap: undefined, unlisted: undefined }

const evidence: ComponentEvidence = {
  component: 'database',
  newestPointAt: ago(180),
  lastStep: { outcome: 'done', endedAt: ago(179), error: undefined },
  change: undefined,
  database,
  drill: { backedUpSince: ago(180), passedAt: undefined, recoveryMs: undefined, failed: undefined },
}

const agreed = { rpo, rto: duration(2, 'h'), drill: 'monthly' } as const

/** Kinds and messages of what is not well. */
const wrongIn = (known: ComponentEvidence): string[] =>
  healthOf(known, agreed, now).flatMap(({ kind, error }) => (error === undefined ? [] : [`${kind}: ${error.message}`]))

const withDatabase = (more: Partial<DatabaseEvidence>): ComponentEvidence => ({ ...evidence, database: { ...database, ...more } })
const seen = (more: Partial<ArchivingSighting>): ComponentEvidence => withDatabase({ archiving: { ...sighting, ...more } })

const drilled = (more: Partial<ComponentEvidence['drill']>): ComponentEvidence => ({
  ...evidence,
  drill: { ...evidence.drill, ...more },
})

describe('drills', () => {
  const minutes = (days: number) => days * 24 * 60
  test.each<[string, ComponentEvidence, string[]]>([
    ['passed in time, and fast enough', drilled({ passedAt: ago(minutes(20)), recoveryMs: duration(2, 'h') }), []],
    [
      'too long ago',
      drilled({ passedAt: ago(minutes(34)), recoveryMs: 1 }),
      ['drill: no drill of it has passed for 34d, and one is due monthly'],
    ],
    [
      'slower than agreed',
      drilled({ passedAt: ago(5), recoveryMs: duration(3, 'h') }),
      ['recovery: to recover it took 3h in the last drill, and 2h are agreed'],
    ],
    [
      'failed',
      drilled({ passedAt: ago(minutes(20)), failed: { at: ago(5), error: { code: 'drill-failed', message: 'not so' } } }),
      ['drill: not so'],
    ],
  ])('%s', (_, known, wrong) => {
    expect(wrongIn(known)).toEqual(wrong)
  })

  test('that are to be none are no check, unless one failed', () => {
    const kinds = (known: ComponentEvidence) => healthOf(known, { ...agreed, drill: 'never' }, now).map(({ kind }) => kind)
    expect(kinds(drilled({ backedUpSince: ago(minutes(400)) }))).not.toContain('drill')
    expect(kinds(drilled({ failed: { at: ago(5), error: { code: 'drill-failed', message: 'not so' } } }))).toContain('drill')
  })
})

describe('a component', () => {
  test('is well on evidence for all of it', () => {
    expect(wrongIn(evidence)).toEqual([])
    expect(lossNow(evidence, now)).toBe(8 * 60_000)
  })

  test.each<[string, ComponentEvidence, string]>([
    ['never backed up', { ...evidence, newestPointAt: undefined, lastStep: undefined }, 'points: there is no good restore point'],
    [
      'too old',
      { ...evidence, newestPointAt: ago(29 * 60) },
      'points: the newest good restore point is 1d 5h old, and a run is due every day',
    ],
    ['changed', { ...evidence, change: 'its source has changed' }, 'points: its source has changed'],
    [
      'failed',
      { ...evidence, lastStep: { outcome: 'failed', endedAt: ago(2), error: undefined } },
      'last-run: the last run was failed',
    ],
    [
      'never watched',
      withDatabase({ archiving: undefined, archivedUntil: undefined }),
      'archiving: nobody has seen yet that WAL is archived',
    ],
    ['watched long ago', seen({ seenAt: ago(40) }), 'archiving: nobody has looked at the archiving of WAL for 40m'],
    [
      'down',
      withDatabase({ archiving: { seenAt: now, error: { code: 'postgres-down', message: 'it does not answer' } } }),
      'archiving: it does not answer',
    ],
    [
      'off',
      seen({ isOn: false }),
      'archiving: PostgreSQL does not hand its WAL to pgBackRest: archive_mode is off, or archive_command is another',
    ],
    ['a standby', seen({ inRecovery: true }), 'archiving: PostgreSQL is in recovery: a standby, or still starting'],
    [
      'failing',
      seen({
        isFailing: true,
        waiting: 2,
        waitingBytes: 2 ** 25,
        failedCount: 3,
        lastFailedWal: '000000010000000000000008',
        oldestWaitingAt: ago(5),
      }),
      'archiving: WAL does not reach the archive: segment 000000010000000000000008 failed 3 times; 2 segments wait and keep 33.6 MB of disk',
    ],
    [
      'stuck',
      seen({ waiting: 1, waitingBytes: 2 ** 24, oldestWaitingAt: ago(9), lastArchivedAt: ago(10) }),
      'archiving: WAL does not reach the archive: a segment has waited for 5m; 1 segment waits and keeps 16.8 MB of disk',
    ],
    [
      'at risk',
      seen({ finishedAt: ago(40), waiting: 5, oldestWaitingAt: ago(38), lastArchivedAt: ago(5) }),
      'loss: a crash now would lose up to 40m, and 30m are agreed',
    ],
    [
      'with a gap',
      withDatabase({ gap: { askedAt: ago(3), reaches: ago(99), afterWal: '000000010000000000000005' } }),
      'wal-gap: WAL is lost after segment 000000010000000000000005: nothing since then can be restored',
    ],
    [
      'unlisted',
      withDatabase({ unlisted: 'archiving failed, and works again' }),
      'wal-gap: WAL may be lost (archiving failed, and works again), and the archive could not be listed',
    ],
  ])('that is %s is not', (_, known, message) => {
    expect(wrongIn(known)).toContain(message)
  })

  test('whose WAL waits for a moment, or behind others that are being archived, is well', () => {
    expect(wrongIn(seen({ waiting: 1, oldestWaitingAt: ago(5) }))).toEqual([])
    expect(wrongIn(seen({ waiting: 9, oldestWaitingAt: ago(12), finishedAt: ago(13), lastArchivedAt: ago(5) }))).toEqual([])
  })

  test('is made good by a run that archived everything since', () => {
    const failing = { ...sighting, isFailing: true }
    expect(wrongIn(withDatabase({ archiving: failing, archivedUntil: ago(2) }))).toEqual([])
  })

  test('never gets better by knowing less', () => {
    const lacking = fc.record({
      newestPointAt: fc.constantFrom(evidence.newestPointAt, undefined),
      lastStep: fc.constantFrom(evidence.lastStep, undefined),
      database: fc.constantFrom(database, { ...database, archiving: undefined, archivedUntil: undefined }),
    })
    fc.assert(
      fc.property(lacking, (less) => {
        const isWhole = less.newestPointAt !== undefined && less.lastStep !== undefined && less.database.archiving !== undefined
        expect(wrongIn({ ...evidence, ...less }).length === 0).toBe(isWhole)
      }),
    )
  })
})
