import { describe, expect, test } from 'vitest'
import { createFakeDatabaseEngine, createFakeEngine, type FakeEngine } from '../../../test/support/fake-engine.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { locations } from '../../../test/support/locations.ts'
import { pointAt } from '../../../test/support/points.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, parseInstant, type Clock } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { StepResult } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { Component, RetentionPolicy, Site } from '../../domain/site.ts'
import { openJournal, type Journal } from '../../state/journal/journal.ts'
import { isRetentionDue } from '../../policy/retention-due.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { openPointCache } from '../../state/point-cache.ts'
import type { AppContext } from '../site/context.ts'
import { applyRetention, confirmClock, planAllRetention, type ComponentRetention, type RetainWish } from './retain.ts'
import { retentionTraces } from './retention-traces.ts'

const now = '2026-01-26T19:05:00Z'
const dayMs = 86_400_000

const daily = (days: number, given: Partial<RestorePoint> = {}): RestorePoint[] =>
  Array.from({ length: days }, (_, index) => {
    const at = instant(parseInstant('2026-01-26T19:02:00Z') - (days - 1 - index) * dayMs)
    return pointAt(at, { id: new Date(at).toISOString().slice(0, 10), ...given })
  })

function files(retention: RetentionPolicy): Component {
  return {
    name: 'foundry',
    source: { kind: 'files', paths: ['/srv/foundry'], exclude: [], oneFileSystem: false },
    location: locations['a directory'],
    retention,
    deadline: duration(24, 'h'),
  }
}

const database = (retention: RetentionPolicy): Component => ({
  ...files(retention),
  name: 'database',
  source: {
    kind: 'postgres',
    dataDirectory: '/srv/database',
    port: undefined,
    socketDirectory: undefined,
    user: 'postgres',
    database: 'postgres',
    full: 'monthly',
    between: 'differential',
    heartbeat: true,
    processes: 1,
  },
})

function contextOf(
  engine: FakeEngine,
  component: Component,
  clock: Clock = fixedClock(now),
  others: Readonly<Record<string, FakeEngine>> = {},
): AppContext {
  return {
    site: { name: 'pi-hosting', timeZone: 'UTC', components: [component] } as unknown as Site,
    clock,
    journal: openJournal(temporaryFolder()),
    pointCache: openPointCache(temporaryFolder()),
    signal: new AbortController().signal,
    engineOf: ({ name }: Component) => others[name] ?? engine,
    lease: { hold: () => Promise.resolve(), check: () => Promise.resolve('ours') },
  } as unknown as AppContext
}

const careful: RetainWish = { allowLarge: false, clockIsRight: false }
const listener = { report: () => undefined, removed: () => undefined }
const apply = (context: AppContext, wish: Parameters<typeof applyRetention>[2] = careful) =>
  applyRetention(context, context.site.components[0] as Component, wish, listener)

const written = (journal: Journal): JournalRecord[] => [...journal.newestFirst()].toReversed()

describe('applying retention', () => {
  test('removes what the plan says, newest first, frees it, and writes down each with its reason', async () => {
    const engine = createFakeEngine(daily(9))
    const context = contextOf(engine, files({ daily: 7 }))
    const result = await apply(context)
    expect(engine.calls).toEqual(['remove 2026-01-19', 'remove 2026-01-18', 'prune'])
    expect(result).toMatchObject({ outcome: 'done', kept: 7, removed: [{ point: '2026-01-19' }, { point: '2026-01-18' }] })
    expect(written(context.journal)).toMatchObject([
      { type: 'retention-began', component: 'foundry', points: ['2026-01-19', '2026-01-18'] },
      { type: 'point-removed', point: '2026-01-19', reason: '7 days old, and no rule reaches that far' },
      { type: 'point-removed', point: '2026-01-18', reason: '8 days old, and no rule reaches that far' },
      { type: 'retention-ended', removed: 2, kept: 7 },
    ])
  })

  test('removes nothing of a site that another machine backs up', async () => {
    const engine = createFakeEngine(daily(9))
    const hold = () => Promise.reject(new HoldfastError('site-taken', 'pi-hosting is backed up by another machine'))
    const context = { ...contextOf(engine, files({ daily: 7 })), lease: { hold } } as unknown as AppContext
    expect(await apply(context)).toMatchObject({ outcome: 'failed', removed: [], error: { code: 'site-taken' } })
    expect(engine.calls).toEqual([])
  })

  test('does nothing to files of which nothing goes, and says that it looked', async () => {
    const engine = createFakeEngine(daily(7))
    const context = contextOf(engine, files({ daily: 7 }))
    expect(await apply(context)).toMatchObject({ outcome: 'done', removed: [], kept: 7 })
    expect(engine.calls).toEqual([])
    expect(written(context.journal)).toMatchObject([{ type: 'retention-ended', removed: 0 }])
  })

  test('lets the WAL of a database go from the beginning of its window on, also when no point goes', async () => {
    const engine = createFakeDatabaseEngine(daily(5, { kind: 'full' }))
    const context = contextOf(engine, database({ daily: 3, last: 5 }))
    expect(await apply(context)).toMatchObject({ outcome: 'done', removed: [], windowFrom: '2026-01-22' })
    expect(engine.calls).toEqual(['prune, WAL from 2026-01-22'])
  })

  test('keeps what was planned before, when the plan of now would let more go', async () => {
    const engine = createFakeEngine(daily(9))
    const component = files({ daily: 7 })
    const context = contextOf(engine, component)
    const [shown] = (await planAllRetention(context, [component])) as [ComponentRetention]
    // Meanwhile somebody else made a point of the next day, and pinned one.
    engine.points = [...engine.points, pointAt(instant(parseInstant(now)), { id: 'new' })].map((point) =>
      point.id === '2026-01-18' ? { ...point, pin: 'before the upgrade' } : point,
    )
    const result = await apply(context, { ...careful, shown: shown.plan })
    expect(result.removed.map(({ point }) => point)).toEqual(['2026-01-19'])
  })

  test('refuses when an unusual number would go at once, unless it is told to', async () => {
    const engine = createFakeEngine(daily(30))
    const context = contextOf(engine, files({ daily: 7 }))
    expect(await apply(context)).toMatchObject({ outcome: 'refused', error: { code: 'removal-large' }, removed: [] })
    expect(engine.calls).toEqual([])
    expect(await apply(context, { ...careful, allowLarge: true })).toMatchObject({ outcome: 'done', kept: 7 })
  })

  test.each([
    ['behind', '2026-01-20T19:05:00Z'],
    ['a year ahead', '2027-01-26T19:05:00Z'],
  ])('refuses with a clock that is %s, until a person has looked', async (_, time) => {
    const engine = createFakeEngine(daily(9))
    // Nothing goes because of the clock; only because of the policy.
    const component = files({ daily: 2 })
    const context = contextOf(engine, component, fixedClock(time))
    expect(await apply(context)).toMatchObject({ outcome: 'refused', error: { code: 'clock-doubtful' } })
    expect(engine.calls).toEqual([])
    confirmClock(context, (await planAllRetention(context, [component])) as ComponentRetention[])
    expect(await apply(context, { allowLarge: true, clockIsRight: false })).toMatchObject({ outcome: 'done' })
  })

  test('is told by a person that the clock is right, also when nothing has to go', async () => {
    const [component, engine] = [files({ daily: 7 }), createFakeEngine(daily(3))]
    const context = contextOf(engine, component, fixedClock('2025-01-26T19:05:00Z'))
    const planned = (await planAllRetention(context, [component])) as ComponentRetention[]
    expect(planned[0]?.refusals).toEqual([])
    confirmClock(context, planned)
    confirmClock(context, planned)
    expect(written(context.journal)).toEqual([
      { type: 'clock-confirmed', at: context.clock.now(), newestTrace: engine.points.at(-1)?.endedAt },
    ])
  })

  test('stops half-way with what is left whole, and the next time goes on and frees the rest', async () => {
    const engine = createFakeEngine(daily(12))
    const context = contextOf(engine, files({ daily: 7 }))
    engine.beforeRemoval = ({ id }) => {
      if (id === '2026-01-18') throw new HoldfastError('storage-unreachable', 'the storage does not answer')
    }
    expect(await apply(context)).toMatchObject({ outcome: 'failed', error: { code: 'storage-unreachable' }, kept: 11 })
    expect(engine.calls).toEqual(['remove 2026-01-19'])
    engine.beforeRemoval = () => undefined
    expect(await apply(context)).toMatchObject({ outcome: 'done', kept: 7 })
    expect(engine.calls.at(-1)).toBe('prune')
  })

  test('frees what a killed run removed, although nothing is left to remove', async () => {
    const engine = createFakeEngine(daily(7))
    const context = contextOf(engine, files({ daily: 7 }))
    context.journal.append({ type: 'retention-began', at: parseInstant(now), component: 'foundry', points: ['gone'] })
    await apply(context)
    expect(engine.calls).toEqual(['prune'])
    await apply(context)
    expect(engine.calls).toEqual(['prune'])
  })

  test('clears a stale lock, and gives up on a live one', async () => {
    const engine = createFakeEngine(daily(9))
    engine.locks = 1
    const context = contextOf(engine, files({ daily: 7 }))
    expect(await apply(context)).toMatchObject({ outcome: 'done', kept: 7 })
    const locked = createFakeEngine(daily(9))
    locked.locks = 1
    locked.heal = async () => []
    expect(await apply(contextOf(locked, files({ daily: 7 })))).toMatchObject({ outcome: 'failed', error: { code: 'locked' } })
  })

  test('is held back by a machine that has taken the site over since the run began', async () => {
    const engine = createFakeEngine(daily(9))
    const check = () => Promise.reject(new HoldfastError('site-taken', 'another machine backs it up'))
    const context = {
      ...contextOf(engine, files({ daily: 7 })),
      lease: { hold: () => Promise.resolve(), check },
    } as unknown as AppContext
    expect(await apply(context)).toMatchObject({ outcome: 'failed', error: { code: 'site-taken' } })
    expect(engine.calls).toEqual([])
  })

  test('never touches snapshots that somebody made with restic alone', async () => {
    const engine = createFakeEngine([
      ...daily(5, { tags: ['mine'] }).map((point) => ({ ...point, id: `m${point.id}` })),
      ...daily(9),
    ])
    await apply(contextOf(engine, files({ daily: 7 })))
    expect(engine.calls.filter((call) => call.startsWith('remove m'))).toEqual([])
    expect(engine.points).toHaveLength(12)
  })

  test('keeps the point that a database was last restored from', async () => {
    const engine = createFakeDatabaseEngine(daily(9, { kind: 'full' }))
    const context = contextOf(engine, database({ daily: 2 }))
    const at = parseInstant('2026-01-26T10:00:00Z')
    context.journal.append({ type: 'restored', at, component: 'database', point: '2026-01-18', target: '/srv/x', durationMs: 1 })
    await apply(context, { ...careful, allowLarge: true })
    expect(engine.points.map(({ id }) => id)).toContain('2026-01-18')
  })

  test('one component that cannot be asked does not hide the next', async () => {
    const engine = createFakeEngine(daily(3))
    const component = files({ daily: 7 })
    const broken = createFakeEngine([])
    broken.listPoints = async () => {
      throw new HoldfastError('wrong-key', 'the passphrase does not open the repository')
    }
    const context = contextOf(engine, component, undefined, { other: broken })
    const answers = await planAllRetention(context, [{ ...component, name: 'other' }, component])
    expect(answers).toMatchObject([{ error: { code: 'wrong-key' } }, { plan: { remove: [] } }])
  })
})

describe('retention at the end of a backup', () => {
  const step = (hoursAgo: number): JournalRecord => {
    const at = instant(parseInstant(now) - hoursAgo * 3_600_000)
    const result = {
      component: 'foundry',
      engine: 'restic',
      outcome: 'done',
      from: [],
      to: '',
      beganAt: at,
      durationMs: 1,
    } as const
    return {
      type: 'step-ended',
      at,
      runId: 'r',
      result: { ...result, attempts: 1, healed: [], warnings: [], errors: [], sources: [] } satisfies StepResult,
    }
  }
  const ended = (hoursAgo: number): JournalRecord => ({
    type: 'retention-ended',
    at: instant(parseInstant(now) - hoursAgo * 3_600_000),
    component: 'foundry',
    removed: 0,
    kept: 1,
    durationMs: 1,
  })

  test.each<[string, readonly JournalRecord[], boolean, string?]>([
    ['not on the first day of a site', [step(3), step(0)], false],
    ['on its second', [step(24), step(0)], true],
    ['not again within the day', [step(24), ended(23), step(3), ended(2), step(0)], false],
    ['again the day after', [step(24), ended(24), step(0)], true],
    ['not for another component', [{ ...step(24) }, step(0)], false, 'logs'],
  ])('is due %s', (_, records, due, component = 'foundry') => {
    const journal = openJournal(temporaryFolder())
    for (const record of records) journal.append(record)
    expect(isRetentionDue(retentionTraces(journal, component), parseInstant(now))).toBe(due)
  })
})
