import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ComponentStatus, StatusReport, WatchReport } from '../../contract/status.ts'
import { instant, parseInstant, type Instant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import type { Check } from '../../domain/evidence.ts'
import { statusLines } from './status-view.ts'
import { widthOf, type Terminal } from '../output/terminal.ts'
import { watchLines } from './watch-view.ts'

beforeEach(() => void vi.stubEnv('TZ', 'Australia/Perth'))
afterEach(() => void vi.unstubAllEnvs())

const now = parseInstant('2026-01-26T06:12:00Z')
const minutesAgo = (minutes: number): Instant => instant(now - minutes * 60_000)
const days = Array.from(
  { length: 30 },
  (_, index) => ({ date: `day ${index}`, outcome: index === 12 ? 'failed' : 'done' }) as const,
)

function component(name: string, more: Partial<ComponentStatus> = {}): ComponentStatus {
  return {
    component: name,
    engine: 'restic',
    newestPoint: { id: 'c01d3e9a', at: minutesAgo(669) },
    ageMs: 669 * 60_000,
    windows: undefined,
    unreachable: undefined,
    askedAt: undefined,
    lossMs: 669 * 60_000,
    lossLimitMs: 28 * 3_600_000,
    recovery: { at: minutesAgo(14 * 1440), durationMs: 192_000 },
    drill: { at: minutesAgo(14 * 1440), outcome: 'passed' },
    sourceBytes: 4_010_000_000,
    repositoryBytes: 4_200_000_000,
    addedPerDayBytes: 3_100_000,
    ratio: 1290,
    lastStep: { durationMs: 12_000 } as StepResult,
    pins: [],
    outcomes: [],
    days,
    retentionLeft: undefined,
    healthy: true,
    checks: [],
    staleness: undefined,
    ...more,
  }
}

const missing: Check = {
  kind: 'last-run',
  component: 'logs',
  said: 'last run failed',
  seenAt: minutesAgo(669),
  error: {
    code: 'source-missing',
    message: '/srv/logs/nginx is missing (214 files yesterday)',
    hint: 'is the volume mounted? then: holdfast backup logs',
  },
}
const disk: Check = {
  kind: 'state-disk',
  component: undefined,
  said: '212 MB of 29.4 GB free in /var/lib/holdfast',
  seenAt: minutesAgo(2),
  since: minutesAgo(190),
  error: {
    code: 'disk-low',
    message: '212 MB are free where journal and spool go: /var/lib/holdfast/pi-hosting',
    hint: 'df -h /var/lib/holdfast/pi-hosting shows the file system; free some space on it',
  },
}
const [from, to] = [parseInstant('2025-12-26T19:02:05Z'), minutesAgo(3)]

const report: StatusReport = {
  site: 'pi-hosting',
  at: now,
  components: [
    component('database', {
      engine: 'pgbackrest',
      lossMs: 240_000,
      lossLimitMs: 1_800_000,
      recovery: { at: minutesAgo(14 * 1440), durationMs: 360_000 },
      askedAt: minutesAgo(668),
      windows: [{ from, to, archivedAt: to, points: ['one'], timeline: 1, archive: '15-1', lastWal: '', brokenAfter: false }],
      pins: [{ id: '20260126-030004F', at: minutesAgo(669), reason: 'before the upgrade to 16', keptBytes: 1_620_000_000 }],
    }),
    component('foundry', {
      retentionLeft: {
        at: minutesAgo(668),
        error: { code: 'removal-large', message: '21 of 43 restore points of foundry would go at once' },
      },
    }),
    component('logs', {
      healthy: false,
      checks: [missing],
      recovery: undefined,
      drill: undefined,
      days: [...days.slice(1), { date: 'today', outcome: 'failed' }],
    }),
    component('configs', {
      repositoryBytes: undefined,
      sourceBytes: 212_000,
      addedPerDayBytes: 14_000,
      days: [...days.slice(1), { date: 'today' }],
    }),
  ],
  unfinishedSince: minutesAgo(3),
  rtoMs: 7_200_000,
  nextBackupAt: parseInstant('2026-01-26T19:00:00Z'),
  nextDrillAt: parseInstant('2026-01-31T21:00:00Z'),
  notices: {
    waiting: 2,
    waitingSince: minutesAgo(190),
    open: [{ subject: 'watch/state-disk', since: minutesAgo(190) }],
    givenUp: [{ channel: 'discord', reason: 'the webhook was deleted' }],
  },
  watch: { at: minutesAgo(2), archiving: [{ component: 'database', said: 'last WAL 3m ago, 0 waiting' }], findings: [disk] },
}

const terminal = (columns: number): Terminal => ({ interactive: false, columns, paint: (_style, text) => text })
const coloured: Terminal = { interactive: true, columns: 80, paint: (style, text) => `<${style}>${text}</${style}>` }

const watched: WatchReport = {
  site: 'pi-hosting',
  at: now,
  checks: [
    { kind: 'archiving', component: 'database', said: 'last WAL 3m ago, 0 waiting', seenAt: now },
    disk,
    { kind: 'clock', component: undefined, said: '2026-01-26T06:12Z', seenAt: now },
  ],
  asked: [{ component: 'database', reason: 'archiving failed, and works again' }],
  cured: [{ component: 'database', exitCode: 3 }],
  deliveries: [],
}

test('the screens of status and watch', async () => {
  const screens = [
    ...[80, 100, 140].map((columns) => [`status, ${columns} columns`, statusLines(report, terminal(columns))] as const),
    ['watch, 80 columns', watchLines(watched, terminal(80))] as const,
  ]
  const text = screens.map(([title, lines]) => `=== ${title}\n${lines.join('\n')}\n`).join('\n')
  await expect(text).toMatchFileSnapshot('../../../test/golden/status.txt')
})

test.each([80, 90, 100, 140])('nothing is wider than %i columns', (columns) => {
  const lines = [...statusLines(report, terminal(columns)), ...watchLines(watched, terminal(columns))]
  expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
})

test('every colour stands beside a mark or a word that says the same', () => {
  const lines = statusLines(report, coloured).join('\n')
  expect(lines).toContain('<good>✓</good> database')
  expect(lines).toContain('<bad>✗</bad> logs')
  expect(lines).toContain('<bad>▯</bad>')
})
