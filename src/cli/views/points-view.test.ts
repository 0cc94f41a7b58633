import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Priced } from '../../cost/pricing.ts'
import { instant, parseInstant, type Instant } from '../../domain/clock.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import { bytes } from '../../domain/size.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import { pointLines } from './points-view.ts'
import type { Terminal } from '../output/terminal.ts'

const terminal: Terminal = { interactive: false, columns: 100, paint: (_style, text) => text }
const zone = process.env['TZ']
beforeEach(() => void (process.env['TZ'] = 'Australia/Perth'))
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

const priced: Priced = {
  storage: {
    ...{ kind: 's3', host: 's3.ap-southeast-2.amazonaws.com', port: 443, bucket: 'my-backups', region: 'ap-southeast-2' },
    ...{ pathStyle: false, caFile: undefined, prefix: undefined, prices: undefined },
  },
  budget: undefined,
}

const at = (text: string): Instant => parseInstant(`${text}:00+08:00`)

function point(id: string, endedAt: Instant, hasErrors = false): RestorePoint {
  const sizes = { sizeBytes: bytes(1_620_000_000), addedBytes: bytes(41_200_000) }
  return { id, kind: 'full', beganAt: endedAt, endedAt, ...sizes, dependsOn: [], hasErrors, tags: [], timeline: 1 }
}

function window(from: Instant, to: Instant, points: readonly string[], lastWal = '', brokenAfter = false): RecoveryWindow {
  return { from, to, archivedAt: to, points, timeline: 1, lastWal, brokenAfter, archive: '15-1' }
}

test('what can be restored, what cannot and why, in words', () => {
  const [month, first, second, third, future] = [
    at('2025-12-01T03:00'),
    at('2026-01-20T03:00'),
    at('2026-01-22T03:00'),
    at('2026-01-25T03:00'),
    at('2027-01-01T00:00'),
  ]
  const askedAt = at('2026-01-26T12:00')
  const windows = [
    window(month, month, ['MONTH']),
    window(first, at('2026-01-21T14:02'), ['FIRST'], '00000001000000020000000A', true),
    window(second, at('2026-01-23T10:00'), ['SECOND']),
    window(third, instant(askedAt - 60_000), ['THIRD']),
  ]
  const points = [point('MONTH', month), point('FIRST', first), point('SECOND', second), point('LOST', at('2026-01-24T03:00'))]
  const sighting: PointSighting = {
    askedAt,
    points: [...points, point('THIRD', third, true), point('FUTURE', future)],
    windows,
    unreachable: [
      { archive: '15-1', timeline: 2, firstWal: '1', lastWal: '2', from: at('2026-01-26T11:00'), to: at('2026-01-26T11:30') },
    ],
    repositoryBytes: undefined,
  }
  expect(pointLines(sighting, priced, terminal)).toEqual([
    'MONTH   full  2025-12-01 03:00:00  1.62 GB  +41.2 MB  to its own end only',
    'FIRST   full  2026-01-20 03:00:00  1.62 GB  +41.2 MB',
    'SECOND  full  2026-01-22 03:00:00  1.62 GB  +41.2 MB',
    'LOST    full  2026-01-24 03:00:00  1.62 GB  +41.2 MB  cannot be restored: its WAL is missing',
    'THIRD   full  2026-01-25 03:00:00  1.62 GB  +41.2 MB  holds damaged pages',
    'FUTURE  full  2027-01-01 00:00:00  1.62 GB  +41.2 MB  dated in the future: the clock was wrong · cannot be restored: its WAL is missing',
    'any second from 2026-01-20 03:00:00 to 2026-01-21 14:02:00',
    '  not from 2026-01-21 14:02:00 to 2026-01-22 03:00:00, 12h 58m: WAL is missing after 00000001000000020000000A; of it only the ends of base backups',
    'any second from 2026-01-22 03:00:00 to 2026-01-23 10:00:00',
    '  not from 2026-01-23 10:00:00 to 2026-01-25 03:00:00, 1d 17h: its WAL is not in the archive; of it only the ends of base backups',
    'any second from 2026-01-25 03:00:00 to 2026-01-26 11:59:00',
    'nothing from 2026-01-26 11:00:00 to 2026-01-26 11:30:00: no base backup leads to the WAL archived then (timeline 2); holdfast backup makes what follows restorable',
  ])
})

test('snapshots of files are points, and nothing is said of any second', () => {
  const lines = pointLines(
    {
      askedAt: at('2026-01-26T12:00'),
      points: [point('SNAP', at('2026-01-26T03:00')), { ...point('KEPT', at('2026-01-26T04:00')), pin: 'before upgrade' }],
      windows: undefined,
      repositoryBytes: undefined,
    },
    priced,
    terminal,
  )
  expect(lines).toEqual([
    'SNAP  full  2026-01-26 03:00:00  1.62 GB  +41.2 MB',
    'KEPT  full  2026-01-26 04:00:00  1.62 GB  +41.2 MB  ★ before upgrade (keeps 41.2 MB, less than USD 0.01 a month)',
  ])
})

test('base backups whose WAL ends with them are restored to their own ends', () => {
  const end = at('2026-01-26T03:00')
  const sighting = { askedAt: at('2026-01-26T12:00'), points: [point('A', end)], windows: [window(end, end, ['A'])] }
  expect(pointLines({ ...sighting, repositoryBytes: undefined }, priced, terminal).slice(1)).toEqual([
    'no more than the ends of the base backups can be restored',
  ])
})
