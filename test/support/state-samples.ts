import { kitManifests } from '../../src/app/kit/kit-manifest.ts'
import type { StateFile } from '../../src/disk/state-file.ts'
import { parseInstant } from '../../src/domain/clock.ts'
import type { Command } from '../../src/domain/command.ts'
import { duration } from '../../src/domain/duration.ts'
import type { Site } from '../../src/domain/site.ts'
import { bytes } from '../../src/domain/size.ts'
import { askedPrograms } from '../../src/engines/installed.ts'
import { holders } from '../../src/places/lock-holder.ts'
import { inPlaceRecords } from '../../src/state/in-place-record.ts'
import { leases, leaseTokens } from '../../src/state/lease-files.ts'
import { noticeStates } from '../../src/state/notice-state.ts'
import { pointSightings } from '../../src/state/point-cache.ts'
import { recoveryRecords } from '../../src/state/recovery-record.ts'
import { rememberedConfigurations } from '../../src/state/remembered-sites.ts'
import { restoreMarks } from '../../src/state/restore-marks.ts'
import { watchMemories } from '../../src/state/watch-memory.ts'

/** A kind of state file under the name that its definition is exported by, with a value that uses every member of its shape. */
export interface StateSample {
  readonly name: string
  readonly kind: StateFile<object>
  readonly value: object
  /** Of members whose inside is not looked at. */
  readonly isLoose?: true
}

const sample = <Value extends object>(name: string, kind: StateFile<Value>, value: Value): StateSample => ({
  name,
  kind,
  value,
})

const at = parseInstant('2026-01-26T03:00:00Z')
const later = parseInstant('2026-01-26T04:00:00Z')
const error = { code: 'timeout', message: 'too slow', hint: 'wait', detail: 'longer' } as const
const command: Command = {
  ...{ program: 'pg_ctl', arguments: ['start'], environment: { LANG: 'C' } },
  ...{ secretEnvironment: ['RESTIC_PASSWORD'], user: 'postgres' },
}
const archiving = {
  ...{ seenAt: at, lastArchivedWal: '0001', lastArchivedAt: at, failedCount: 1, lastFailedWal: '0002', lastFailedAt: at },
  ...{ isFailing: false, waiting: 0, waitingBytes: 0, oldestWaitingAt: at, finishedAt: at, archiveTimeoutMs: 60_000 },
  ...{ xid: '7', xidSince: at, isOn: true, mayDrop: false, inRecovery: false },
}
const notice = {
  kind: 'failure',
  site: 'home',
  at,
  configuration: '/etc/holdfast/holdfast.yaml',
  items: [
    {
      ...{ subject: 'run/logs', component: 'logs', since: at, count: 2, error, isReminder: true },
      ...{ lastGood: { id: 'abc', at }, window: { from: at, to: later } },
    },
  ],
  others: 'all well',
  evidence: [{ subject: 'logs', isGood: true, text: 'backed up', at }],
} as const

export const stateSamples: readonly StateSample[] = [
  sample('pointSightings', pointSightings, {
    askedAt: at,
    points: [
      {
        ...{ id: 'abc', kind: 'full', beganAt: at, endedAt: later, sizeBytes: bytes(3), addedBytes: bytes(2), dependsOn: ['a'] },
        ...{ hasErrors: false, tags: ['b'], pin: 'of the old house', timeline: 1, archive: '15-1' },
      },
    ],
    windows: [
      {
        ...{ from: at, to: later, archivedAt: later, points: ['abc'], timeline: 1, lastWal: '0005', brokenAfter: false },
        archive: '15-1',
      },
    ],
    unreachable: [{ archive: '15-1', timeline: 1, firstWal: '0006', lastWal: '0007', from: at, to: later }],
    repositoryBytes: 1390,
  }),
  sample('watchMemories', watchMemories, {
    at,
    clock: { at, bootId: 'this one', uptimeMs: 1, jumpedMs: 0, jumpedAt: at },
    heartbeat: { lookedSince: at, lastAt: at },
    drills: { logs: { backedUpSince: at, passedAt: at, recoveryMs: 1 } },
    checks: [{ kind: 'lock', component: 'logs', said: 'no stale lock', seenAt: at, since: at, error }],
    databases: {
      database: { archiving, failedCountThen: 1, archivedThen: '0001', unlisted: 'not asked', curedAt: at },
    },
  }),
  sample('noticeStates', noticeStates, {
    incidents: [
      {
        ...{ subject: 'run/logs', component: 'logs', since: at, count: 2, seenAt: at, toldAt: at, toldCodes: ['timeout'], error },
      },
    ],
    waiting: [{ id: '1', channel: 'discord', notice }],
    givenUp: [{ channel: 'discord', fingerprint: 'f', at, reason: 'gone' }],
  }),
  sample('inPlaceRecords', inPlaceRecords, {
    component: 'database',
    dataDirectory: '/srv/database',
    container: { runtime: 'docker', name: 'db', restorer: 'db-restore' },
    setAside: [{ folder: '/srv/database', aside: '/srv/database.before', failed: '/srv/database.failed' }],
    control: { start: command, stop: command, restart: command },
    wasRunning: true,
    phase: 'restoring',
    hasServed: false,
  }),
  sample('recoveryRecords', recoveryRecords, {
    kit: { point: 'abc', madeAt: '2026-01-26T03:00:00Z', machine: 'pi' },
    at: '2026-01-26T03:00:00Z',
    steps: {
      database: {
        ...{ begunAt: '2026-01-26T03:00:00Z', into: '/srv/database', endedAt: '2026-01-26T04:00:00Z', durationMs: 1 },
        evidence: ['it answers'],
      },
    },
  }),
  sample('restoreMarks', restoreMarks, { component: 'logs', kind: 'directory', folder: '/srv/back', identity: '1:2' }),
  sample('leases', leases, { holder: 'pi', machine: 'abc', since: '2026-01-26T03:00:00Z', token: '1-2' }),
  sample('leaseTokens', leaseTokens, { tokens: ['1-2'] }),
  {
    ...sample('rememberedConfigurations', rememberedConfigurations, {
      build: 'this one',
      text: 'site: home',
      site: {
        ...{ name: 'home', timeZone: 'UTC', file: '/etc/holdfast/holdfast.yaml', secretsDirectory: '/etc/holdfast/secrets' },
        ...{
          patience: duration(1, 'h'),
          storage: { kind: 'directory', path: '/mnt' },
          notify: [{ kind: 'ping' }],
          contacts: ['me'],
        },
        ...{ engines: { restic: 'restic', pgbackrest: 'pgbackrest' }, objectives: { rpo: 1, rto: 1 } },
        schedule: { backup: '03:00', drill: 'monthly', heartbeat: 'monthly', summary: 'never' },
        components: [
          { name: 'logs', source: { kind: 'files' }, location: { kind: 'directory' }, retention: { daily: 1 }, deadline: 1 },
        ],
      } as unknown as Site,
    }),
    isLoose: true,
  },
  sample('askedPrograms', askedPrograms, { file: '/usr/bin/restic', stamp: '1 2', version: [0, 18, 0] }),
  sample('holders', holders, { pid: 7, verb: 'backup', since: at }),
  sample('kitManifests', kitManifests, {
    ...{ site: 'home', number: 3, madeAt: '2026-01-26T03:00:00Z', machine: 'pi' },
    versions: { holdfast: '0.1.0', node: 'v20', system: 'Debian', restic: '0.18.0', pgbackrest: '2.55' },
    configuration: { file: '/etc/holdfast/holdfast.yaml', secrets: '/etc/holdfast/secrets' },
    components: [
      {
        ...{ name: 'database', engine: 'pgbackrest', repository: '/mnt/home/database', paths: ['/srv'] },
        newest: { id: 'abc', at: '2026-01-26T03:00:00Z' },
        cluster: { dataDirectory: '/srv/database', stanza: 'database', major: '15', owner: 'postgres', port: 5432, debian: true },
      },
    ],
  }),
]
