import { expect, test } from 'vitest'
import { fakeKernel } from '../../../test/support/fake-machine.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { locations } from '../../../test/support/locations.ts'
import { pointAt } from '../../../test/support/points.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { parseInstant, type Instant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import type { StepResult } from '../../domain/events.ts'
import { locationText } from '../../domain/repository.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import type { Component, PostgresSource, Site } from '../../domain/site.ts'
import { openJournal } from '../../state/journal/journal.ts'
import { openPointCache, type PointSighting } from '../../state/point-cache.ts'
import type { SiteView } from '../site/context.ts'
import { status } from './status.ts'
import type { StatusReport } from '../../contract/status.ts'
import { writeWatch, type DatabaseMemory } from '../../state/watch-memory.ts'

const component: Component = {
  name: 'foundry',
  source: { kind: 'files', paths: ['/srv/foundry'], exclude: [], oneFileSystem: false },
  location: locations['a directory'],
  retention: 'forever',
  deadline: duration(24, 'h'),
}

const perth = () => 480

const foldersOf = (state: string) => ({ stateDirectory: state, runtimeDirectory: `${state}/run` })

/** What a status of components is made from, with nothing of a watch. */
function statusOf(
  view: Pick<SiteView, 'clock' | 'journal' | 'pointCache'> & Partial<Pick<SiteView, 'machine'>>,
  components: readonly Component[],
  state = temporaryFolder(),
): StatusReport {
  const objectives = { rpo: duration(30, 'm'), rto: duration(2, 'h') }
  const schedule = { backup: '03:00', drill: 'monthly', heartbeat: 'monthly' }
  const site = { name: 'pi-hosting', components, objectives, schedule } as unknown as Site
  return status({ machine: fakeKernel(), ...view, site, ...foldersOf(state) }, perth)
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
  const clock = fixedClock('2026-01-26T12:00:00Z')
  const report = statusOf({ clock, journal, pointCache: openPointCache(temporaryFolder()) }, [component])
  expect(report.unfinishedSince).toBeUndefined()
  expect(report.components[0]).toMatchObject({ newestPoint: { id: 'right' }, outcomes: ['done'], healthy: false })
})

test('a run whose end was written with a clock a year ahead goes on no longer', () => {
  const journal = openJournal(temporaryFolder())
  const at = parseInstant('2026-01-26T03:00:00Z')
  const unfinished = () => {
    const clock = fixedClock('2026-01-26T12:00:00Z')
    return statusOf({ clock, journal, pointCache: openPointCache(temporaryFolder()) }, [component]).unfinishedSince
  }
  journal.append({ type: 'run-began', at, runId: 'r1', site: 'pi-hosting', components: ['foundry'], version: '0.1.0' })
  expect(unfinished()).toBe(at)
  const result = { runId: 'r1', site: 'pi-hosting', outcome: 'done', beganAt: at, durationMs: 1, healed: [], errors: [] } as const
  journal.append({ type: 'run-ended', at: parseInstant('2027-01-26T03:01:00Z'), runId: 'r1', result })
  expect(unfinished()).toBeUndefined()
})

test('a fresh success of another source, or in another repository, is not green', () => {
  const at = parseInstant('2026-01-26T03:00:00Z')
  const journal = openJournal(temporaryFolder())
  journal.append({ type: 'step-ended', at, runId: 'r1', result: { ...step(at, 'one'), to: locationText(component.location) } })
  const clock = fixedClock('2026-01-26T12:00:00Z')
  const reportOf = (configured: Component) =>
    statusOf({ clock, journal, pointCache: openPointCache(temporaryFolder()) }, [configured]).components[0]
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
    return statusOf({ clock: fixedClock('2026-01-26T12:00:00Z'), journal, pointCache }, [component]).components[0]
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

test('a point of the future is the newest only where there is nothing else', () => {
  const dated = (id: string, time: string) => pointAt(parseInstant(time), { id })
  const report = (points: PointSighting['points'], askedAt: string, ranAt?: string) => {
    const [journal, pointCache] = [openJournal(temporaryFolder()), openPointCache(temporaryFolder())]
    if (ranAt !== undefined) {
      const at = parseInstant(ranAt)
      const result = { ...step(at, 'own'), to: locationText(component.location) }
      journal.append({ type: 'step-ended', at, runId: 'r1', result })
    }
    pointCache.write('foundry', { askedAt: parseInstant(askedAt), points, windows: undefined, repositoryBytes: undefined })
    return statusOf({ clock: fixedClock('2026-01-26T12:00:00Z'), journal, pointCache }, [component]).components[0]
  }
  const old = dated('old', '2026-01-25T03:00:00Z')
  const ahead = dated('ahead', '2027-01-26T03:00:00Z')
  const ran = '2026-01-26T03:00:00Z'
  const own = dated('own', ran)
  expect(report([old, own, ahead], '2026-01-26T04:00:00Z', ran)).toMatchObject({ newestPoint: { id: 'own' }, healthy: true })
  expect(report([old, ahead], '2027-01-26T04:00:00Z', ran)).toMatchObject({ newestPoint: { id: 'own' }, healthy: true })
  expect(report([ahead], '2026-01-25T04:00:00Z', ran)).toMatchObject({ newestPoint: { id: 'own' }, healthy: true })
  // The engine was asked after the run, and its point was gone.
  expect(report([old, ahead], '2026-01-26T04:00:00Z', ran)).toMatchObject({ newestPoint: { id: 'old' }, healthy: false })
  expect(report([ahead], '2026-01-26T04:00:00Z')?.staleness).toMatch(/ahead of this machine’s clock/)
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
  const { pins } = statusOf({ clock: fixedClock('2026-01-26T12:00:00Z'), journal, pointCache }, [component]).components[0] ?? {}
  // What became of the old one, the engine has told since.
  expect(pins?.map(({ id, reason, keptBytes }) => [id, reason, keptBytes])).toEqual([
    ['told', 'for told', undefined],
    ['new', 'for new', 7],
  ])
})

test('thirty days of the site’s zone, each with the best of its runs; today has none yet', () => {
  const journal = openJournal(temporaryFolder())
  const note = (time: string, outcome: StepResult['outcome']) => {
    const at = parseInstant(time)
    journal.append({ type: 'step-ended', at, runId: time, result: { ...step(at, 'one'), outcome } })
  }
  note('2025-12-01T19:00:00Z', 'done')
  // In Perth that is the 25th, twice: the second one made good what the first one left.
  note('2026-01-24T19:00:00Z', 'failed')
  note('2026-01-25T01:00:00Z', 'done')
  note('2026-01-25T19:00:00Z', 'failed')
  const clock = fixedClock('2026-01-26T17:00:00Z')
  const [shown] = statusOf({ clock, journal, pointCache: openPointCache(temporaryFolder()) }, [component]).components
  expect(shown?.days).toHaveLength(30)
  expect(shown?.days.slice(-4)).toEqual([
    { date: '2026-01-24' },
    { date: '2026-01-25', outcome: 'done' },
    { date: '2026-01-26', outcome: 'failed' },
    { date: '2026-01-27' },
  ])
  expect(shown?.days.slice(0, -3).every(({ outcome }) => outcome === undefined)).toBe(true)
})

test('a recovery is measured by a restore of the whole, and a growth without the first backup', () => {
  const journal = openJournal(temporaryFolder())
  for (const day of [22, 23, 24, 25]) {
    const at = parseInstant(`2026-01-${day}T03:00:00Z`)
    const sizes = { processedBytes: 1000, addedBytes: day === 22 ? 1000 : 30 }
    journal.append({ type: 'step-ended', at, runId: `${day}`, result: { ...step(at, `${day}`), ...sizes } })
  }
  const restored = { type: 'restored', component: 'foundry', point: 'one', target: '/srv/x' } as const
  const [whole, part] = [parseInstant('2026-01-24T05:00:00Z'), parseInstant('2026-01-25T05:00:00Z')]
  journal.append({ ...restored, at: whole, durationMs: 60_000, sizeBytes: 990 })
  journal.append({ ...restored, at: part, durationMs: 1000, sizeBytes: 10 })
  const clock = fixedClock('2026-01-26T03:00:00Z')
  const [shown] = statusOf({ clock, journal, pointCache: openPointCache(temporaryFolder()) }, [component]).components
  expect(shown?.recovery).toEqual({ at: whole, durationMs: 60_000 })
  expect(shown?.addedPerDayBytes).toBe(23)
  expect(shown?.ratio).toBeCloseTo(4000 / 1090)
})

test('what retention left is told until it is done', () => {
  const journal = openJournal(temporaryFolder())
  const at = parseInstant('2026-01-25T03:00:00Z')
  const error = { code: 'removal-large', message: 'much would go' } as const
  const retention = [{ component: 'foundry', outcome: 'refused', removed: [], durationMs: 1, error }] as const
  const run = { runId: 'r1', site: 'pi-hosting', outcome: 'done', beganAt: at, durationMs: 1, healed: [], errors: [] } as const
  journal.append({ type: 'run-ended', at, runId: 'r1', result: { ...run, retention } })
  const clock = fixedClock('2026-01-26T03:00:00Z')
  const left = () =>
    statusOf({ clock, journal, pointCache: openPointCache(temporaryFolder()) }, [component]).components[0]?.retentionLeft
  expect(left()).toEqual({ at, outcome: 'refused', error })
  journal.append({ type: 'retention-ended', at, component: 'foundry', removed: 9, kept: 30, durationMs: 1 })
  expect(left()).toBeUndefined()
})

test('a database is green on what a run or a watch saw of its archiving, for as long as that is no older than the agreed loss', () => {
  const source = { kind: 'postgres', dataDirectory: '/srv/foundry' } as unknown as PostgresSource
  const database = { ...component, source }
  const began = parseInstant('2026-01-26T03:00:00Z')
  const journal = openJournal(temporaryFolder())
  const result = { ...step(began, 'one'), to: locationText(component.location) }
  journal.append({ type: 'step-ended', at: began, runId: 'r1', result })
  const state = temporaryFolder()
  const at = (time: string, uptimeMs?: number) => {
    const machine = fakeKernel(uptimeMs === undefined ? {} : { boot: { uptimeMs } })
    return statusOf(
      { clock: fixedClock(time), machine, journal, pointCache: openPointCache(temporaryFolder()) },
      [database],
      state,
    )
  }
  expect(at('2026-01-26T03:20:00Z').components[0]).toMatchObject({ healthy: true, lossMs: 1_199_000 })
  expect(at('2026-01-26T03:40:00Z').components[0]).toMatchObject({ healthy: false })
  const seenAt = parseInstant('2026-01-26T03:40:00Z')
  const sighting: ArchivingSighting = {
    seenAt,
    lastArchivedWal: '000000010000000000000003',
    lastArchivedAt: began,
    failedCount: 0,
    lastFailedWal: undefined,
    lastFailedAt: undefined,
    isFailing: false,
    waiting: 0,
    waitingBytes: 0,
    oldestWaitingAt: undefined,
    finishedAt: began,
    archiveTimeoutMs: 300_000,
    xid: '7',
    xidSince: began,
    isOn: true,
    mayDrop: false,
    inRecovery: false,
  }
  const watched = (archiving: DatabaseMemory['archiving']) =>
    writeWatch(foldersOf(state), {
      at: seenAt,
      clock: { at: seenAt, bootId: 'b', uptimeMs: 0, jumpedMs: 0, jumpedAt: undefined },
      checks: [],
      databases: { foundry: { archiving } },
    })
  watched(sighting)
  const well = at('2026-01-26T03:42:00Z')
  expect(well.components[0]).toMatchObject({ healthy: true, lossMs: 120_000 })
  expect(well.watch?.archiving).toMatchObject([{ component: 'foundry', said: 'last WAL 42m ago, 0 waiting', waitingSegments: 0 }])
  expect(well.watch?.findings).toEqual([])
  expect(at('2026-01-26T04:42:00Z').watch?.findings).toMatchObject([{ kind: 'watch', error: { code: 'watch-silent' } }])
  // It was off until a minute ago.
  expect(at('2026-01-26T04:42:00Z', 60_000).watch?.findings).toEqual([])
  watched({ seenAt, error: { code: 'postgres-down', message: 'it does not answer' } })
  expect(at('2026-01-26T03:42:00Z').components[0]).toMatchObject({ healthy: false, lossMs: undefined })
})
