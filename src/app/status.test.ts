import { expect, test } from 'vitest'
import { fixedClock } from '../../test/support/fixed-clock.ts'
import { locations } from '../../test/support/locations.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { parseInstant, type Instant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import type { StepResult } from '../domain/events.ts'
import { locationText } from '../domain/repository.ts'
import type { Component, Site } from '../domain/site.ts'
import { openJournal } from '../journal/journal.ts'
import { openPointCache, type PointSighting } from '../journal/point-cache.ts'
import { status } from './status.ts'

const component: Component = {
  name: 'foundry',
  source: { kind: 'files', paths: ['/srv/foundry'], exclude: [], oneFileSystem: false },
  location: locations['a directory'],
  retention: 'forever',
  deadline: duration(24, 'h'),
}

const step = (beganAt: Instant, id: string): StepResult => ({
  component: 'foundry',
  engine: 'restic',
  outcome: 'done',
  from: ['/srv/foundry'],
  to: '/mnt/backup/pi-hosting/foundry',
  beganAt,
  durationMs: 1000,
  attempts: 1,
  point: { id, kind: 'snapshot' },
  healed: [],
  warnings: [],
  errors: [],
  sources: [],
})

test('what a run wrote with a clock a year ahead is not the newest for a year', () => {
  const journal = openJournal(temporaryFolder())
  const wrong = parseInstant('2027-01-26T03:00:00Z')
  const right = parseInstant('2026-01-24T03:00:00Z')
  for (const at of [right, wrong]) {
    const runId = `r${at}`
    journal.append({ type: 'run-began', at, runId, site: 'pi-hosting', components: ['foundry'], version: '0.1.0' })
    journal.append({ type: 'step-ended', at, runId, result: step(at, at === wrong ? 'wrong' : 'right') })
    if (at === wrong) continue
    const result = { runId, site: 'pi-hosting', outcome: 'done', beganAt: at, durationMs: 1000, healed: [], errors: [] } as const
    journal.append({ type: 'run-ended', at, runId, result })
  }
  const site = { name: 'pi-hosting', components: [component] } as unknown as Site
  const clock = fixedClock('2026-01-26T12:00:00Z')
  const report = status({ site, clock, journal, pointCache: openPointCache(temporaryFolder()) })
  expect(report.unfinishedSince).toBeUndefined()
  expect(report.components[0]).toMatchObject({ newestPoint: { id: 'right' }, outcomes: ['done'], healthy: false })
})

test('a fresh success of another source, or in another repository, is not green', () => {
  const at = parseInstant('2026-01-26T03:00:00Z')
  const journal = openJournal(temporaryFolder())
  journal.append({ type: 'step-ended', at, runId: 'r1', result: { ...step(at, 'one'), to: locationText(component.location) } })
  const clock = fixedClock('2026-01-26T12:00:00Z')
  const reportOf = (configured: Component) =>
    status({
      site: { name: 'pi-hosting', components: [configured] } as unknown as Site,
      clock,
      journal,
      pointCache: openPointCache(temporaryFolder()),
    }).components[0]
  expect(reportOf(component)).toMatchObject({ healthy: true })
  const changed = { healthy: false, staleness: 'its source or repository has changed since the last run' }
  const paths = ['/srv/foundry', '/srv/new']
  expect(reportOf({ ...component, source: { kind: 'files', paths, exclude: [], oneFileSystem: false } })).toMatchObject(changed)
  expect(reportOf({ ...component, location: { kind: 'directory', path: '/mnt/other' } })).toMatchObject(changed)
})

test('a base backup that has gone, or whose WAL has, since the run is no evidence', () => {
  const began = parseInstant('2026-01-26T03:00:00Z')
  const at = parseInstant('2026-01-26T03:00:01Z')
  const askedAt = parseInstant('2026-01-26T04:00:00Z')
  const journal = openJournal(temporaryFolder())
  journal.append({ type: 'step-ended', at, runId: 'r1', result: { ...step(began, 'one'), to: locationText(component.location) } })
  const point = { id: 'one', kind: 'full', beganAt: began, endedAt: at, dependsOn: [], hasErrors: false, tags: [] } as const
  const reportAfter = (points: PointSighting['points'], windows: PointSighting['windows']) => {
    const pointCache = openPointCache(temporaryFolder())
    pointCache.write('foundry', { askedAt, points, windows, unreachable: [], repositoryBytes: undefined })
    const site = { name: 'pi-hosting', components: [component] } as unknown as Site
    return status({ site, clock: fixedClock('2026-01-26T12:00:00Z'), journal, pointCache }).components[0]
  }
  const lastWal = '000000010000000000000005'
  const window = {
    from: at,
    to: askedAt,
    archivedAt: askedAt,
    points: ['one'],
    timeline: 1,
    lastWal,
    brokenAfter: false,
    archive: '15-1',
  }
  expect(reportAfter([point], [window])).toMatchObject({ healthy: true, newestPoint: { id: 'one' } })
  expect(reportAfter([point], [])).toMatchObject({ healthy: false, newestPoint: undefined })
  expect(reportAfter([], [])).toMatchObject({ healthy: false, newestPoint: undefined })
})

test('pins are those that the engine told of, and of the runs since it was asked', () => {
  const askedAt = parseInstant('2026-01-25T04:00:00Z')
  const journal = openJournal(temporaryFolder())
  for (const [id, time] of [
    ['old', '2026-01-24T03:00:00Z'],
    ['new', '2026-01-26T03:00:00Z'],
  ] as const) {
    const result = {
      ...step(parseInstant(time), id),
      pin: { monthlyPrice: { currency: 'USD', amount: 0 }, reason: `for ${id}`, keptBytes: 7 },
    }
    journal.append({ type: 'step-ended', at: parseInstant(time), runId: id, result })
  }
  const pointCache = openPointCache(temporaryFolder())
  const at = parseInstant('2026-01-20T03:00:00Z')
  const point = { id: 'told', kind: 'snapshot', beganAt: at, endedAt: at, dependsOn: [], hasErrors: false, tags: [] } as const
  const points = [
    { ...point, pin: 'for told' },
    { ...point, id: 'plain' },
  ]
  pointCache.write('foundry', { askedAt, points, windows: undefined, repositoryBytes: undefined })
  const site = { name: 'pi-hosting', components: [component] } as unknown as Site
  const { pins } = status({ site, clock: fixedClock('2026-01-26T12:00:00Z'), journal, pointCache }).components[0] ?? {}
  // What became of the old one, the engine has told since.
  expect(pins?.map(({ id, reason, keptBytes }) => [id, reason, keptBytes])).toEqual([
    ['told', 'for told', undefined],
    ['new', 'for new', 7],
  ])
})
