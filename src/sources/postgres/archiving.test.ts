import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duration } from '../../domain/duration.ts'
import { alterSystemText, archiveTimeoutSeconds, archivingChanges } from './archiving.ts'
import type { ServerFacts } from './port.ts'

const file = '/etc/holdfast/pgbackrest/database.conf'
const command = `pgbackrest --config=${file} --stanza=database archive-push %p`
const halfAnHour = duration(30, 'm')

/** A server that archives as it should. */
const good: ServerFacts = {
  systemId: '7711742623814094695',
  currentWal: '000000010000000000000005',
  version: 150_004,
  inRecovery: false,
  dataDirectory: '/var/lib/postgresql/15/main',
  archiveMode: 'on',
  archiveCommand: command,
  archiveTimeoutSeconds: 300,
  walLevel: 'replica',
  configured: {},
  walSegmentBytes: 16 * 2 ** 20,
  pendingRestart: [],
  lastArchivedWal: null,
  lastFailedWal: null,
  failedCount: 0,
  archivingFails: false,
}

const changes = (facts: Partial<ServerFacts>, rpo = halfAnHour) =>
  archivingChanges({ ...good, ...facts }, { archiveCommand: command, file }, rpo)

describe('what has to change for archiving', () => {
  test('is nothing when all is well', () => {
    expect(changes({})).toEqual([])
    expect(changes({ archiveMode: 'always', walLevel: 'logical', archiveTimeoutSeconds: 60 })).toEqual([])
  })

  test('is everything on a new server, each with its reason, and whether it needs a restart', () => {
    const fresh = { walLevel: 'minimal', archiveMode: 'off', archiveCommand: '(disabled)', archiveTimeoutSeconds: 0 }
    expect(changes(fresh)).toEqual([
      { name: 'wal_level', value: 'replica', reason: 'minimal WAL cannot be replayed onto a backup', needsRestart: true },
      { name: 'archive_mode', value: 'on', reason: 'WAL is what makes any second restorable', needsRestart: true },
      {
        name: 'archive_command',
        value: command,
        reason: 'hands each finished segment of WAL to pgBackRest',
        needsRestart: false,
      },
      {
        name: 'archive_timeout',
        value: '300s',
        reason:
          'the agreed loss (rpo) is 30m: a quiet database archives at least every 5m, so that several uploads may fail before the objective is missed',
        needsRestart: false,
      },
    ])
  })

  test('shows the command that is replaced, and asks first: it may be somebody’s other backup', () => {
    expect(changes({ archiveCommand: 'cp %p /mnt/wal/%f' })).toMatchObject([
      {
        name: 'archive_command',
        reason: 'instead of: cp %p /mnt/wal/%f',
        interrupts: 'WAL no longer goes to: cp %p /mnt/wal/%f',
      },
    ])
  })

  test('is done without asking where the command was set by us for the same database', () => {
    const [change] = changes({ archiveCommand: `/opt/old/pgbackrest --config=${file} --stanza=database archive-push %p` })
    expect(change).toMatchObject({ name: 'archive_command' })
    expect(change).not.toHaveProperty('interrupts')
  })

  test('is nothing twice: what is configured already only waits for a restart', () => {
    const waiting = {
      archiveMode: 'off',
      archiveCommand: '(disabled)',
      walLevel: 'minimal',
      configured: { archive_mode: 'on', archive_command: command, wal_level: 'replica' },
    }
    expect(changes(waiting)).toEqual([])
  })

  test('is the timeout when it is longer than the agreed loss allows, or when there is none', () => {
    expect(changes({ archiveTimeoutSeconds: 301 })).toMatchObject([{ name: 'archive_timeout', value: '300s' }])
    expect(changes({ archiveTimeoutSeconds: 0 })).toMatchObject([{ name: 'archive_timeout', value: '300s' }])
  })
})

describe('archive_timeout', () => {
  test.each([
    [duration(30, 'm'), 300],
    [duration(1, 'm'), 60],
    [duration(6, 'm'), 60],
    [duration(24, 'h'), 3600],
  ])('for an agreed loss of %d ms is %d s', (rpo, seconds) => {
    expect(archiveTimeoutSeconds(rpo)).toBe(seconds)
  })

  test('is whole seconds between a minute and an hour, whatever was agreed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 365 * 86_400_000 }), (rpo) => {
        const seconds = archiveTimeoutSeconds(duration(rpo, 'ms'))
        expect(Number.isInteger(seconds)).toBe(true)
        expect(seconds).toBeGreaterThanOrEqual(60)
        expect(seconds).toBeLessThanOrEqual(3600)
      }),
    )
  })
})

test('a value is one literal of SQL, whatever is in it', () => {
  const change = { name: 'archive_command', value: "sh -c 'x'; DROP TABLE y --", reason: '', needsRestart: false } as const
  expect(alterSystemText(change)).toBe("ALTER SYSTEM SET archive_command = 'sh -c ''x''; DROP TABLE y --'")
})
