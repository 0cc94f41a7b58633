import { describe, expect, test } from 'vitest'
import { pointAt } from '../../test/support/points.ts'
import { instant, parseInstant, type Instant } from '../domain/clock.ts'
import type { RecoveryWindow, RestorePoint } from '../domain/restore-point.ts'
import { planAhead, type AheadFacts } from './dated-ahead.ts'

const now = parseInstant('2026-01-26T19:05:00Z')
const dayMs = 86_400_000

const base = (id: string, time: string, given: Partial<RestorePoint> = {}) =>
  pointAt(parseInstant(time), { id, kind: 'full', tags: [], ...given })

const full = base('F1', '2026-01-01T19:05:00Z')
const differential = base('F1_D1', '2026-01-25T19:05:00Z', { kind: 'differential', dependsOn: ['F1'] })
const aheadFull = base('F2', '2027-01-26T19:05:00Z')
const aheadDifferential = base('F2_D2', '2027-01-27T19:05:00Z', { kind: 'differential', dependsOn: ['F2'] })
const all = [full, differential, aheadFull, aheadDifferential]

const windowOf = (points: readonly RestorePoint[]): RecoveryWindow => ({
  from: full.endedAt,
  to: aheadFull.endedAt,
  archivedAt: now,
  points: points.map(({ id }) => id),
  timeline: 1,
  archive: '15-1',
  lastWal: '000000010000000000000005',
  brokenAfter: false,
})

/** So many days, each with a trace, up to and with that of an instant. */
const daysUntil = (at: Instant, count: number): Instant[] => Array.from({ length: count }, (_, day) => instant(at - day * dayMs))

function plan(points: readonly RestorePoint[], given: Partial<AheadFacts> = {}, at = now) {
  const facts: AheadFacts = {
    names: points.map(({ id, beganAt }) => ({ id, at: beganAt })),
    points,
    windows: [windowOf(points)],
    traces: [...daysUntil(at, 30), ...points.map(({ endedAt }) => endedAt)],
    confirmed: [],
    serverNow: at,
    ...given,
  }
  return planAhead(facts, at, 'Australia/Perth')
}

const idsOf = (answer: ReturnType<typeof plan>) =>
  'remove' in answer ? answer.remove.map(({ point }) => point.id) : answer.refusal

describe('base backups dated later than now', () => {
  test('go, what is built on them first, and say what holds the same; their names are forgotten', () => {
    const answer = plan(all)
    expect(idsOf(answer)).toEqual(['F2_D2', 'F2'])
    expect(answer).toMatchObject({
      remove: [
        {
          reason:
            'dated 2027-01-28 by a wrong clock, it stood in the way of every new one; D1 and the WAL after it hold the same',
        },
        {},
      ],
      forget: [{ id: 'F2' }, { id: 'F2_D2' }],
    })
  })

  test('go with what was built on them when the clock was right again', () => {
    const since = base('F2_D3', '2026-01-26T18:00:00Z', { kind: 'differential', dependsOn: ['F2'] })
    expect(idsOf(plan([full, aheadFull, since]))).toEqual(['F2_D3', 'F2'])
  })

  test('leave names that are forgotten when they are gone already, as after a kill', () => {
    const names = [{ id: 'F2', at: aheadFull.endedAt }]
    expect(plan([full, differential], { names })).toEqual({ remove: [], forget: names })
  })

  test('stay when one of them is pinned', () => {
    expect(plan([full, { ...aheadFull, pin: 'before 16' }, aheadDifferential])).toMatchObject({
      refusal: 'F2 is pinned',
      isDoubt: false,
    })
  })

  test.each([
    ['it is the first of all', { points: [aheadFull] }],
    ['the older one leads only up to a hole before it', { windows: [windowOf([full]), windowOf([aheadFull])] }],
    ['its own WAL is not there', { windows: [windowOf([full])] }],
    ['the older one has errors', { points: [{ ...full, hasErrors: true }, aheadFull] }],
  ])('stay when %s', (_, given: Partial<AheadFacts>) => {
    expect(idsOf(plan([full, aheadFull], given))).toBe('without F2 something could not be restored')
  })
})

describe('a clock that may be behind', () => {
  test('removes nothing when PostgreSQL’s says another time', () => {
    expect(idsOf(plan(all, { serverNow: instant(now + 6 * 60_000) }))).toBe('PostgreSQL’s own clock says 2026-01-26T19:11Z')
    expect(idsOf(plan(all, { serverNow: instant(now - 4 * 60_000) }))).toEqual(['F2_D2', 'F2'])
  })

  test('waits for what is less than an hour ahead', () => {
    const soon = base('F2', '2026-01-26T20:00:00Z')
    expect(plan([full, soon])).toEqual({ refusal: 'that is less than an hour ahead', isDoubt: false })
  })

  // The right time is that of the last trace; the clock has been set back by so many days.
  test.each([2, 3, 7, 14, 15, 20, 29, 40])('removes nothing when it was set back by %i days of daily runs', (days) => {
    const truth = parseInstant('2026-01-26T19:02:00Z')
    const points = daysUntil(truth, 60)
      .toReversed()
      .map((at, index) => pointAt(at, { id: `F${index}`, kind: 'full' }))
    const traces = points.map(({ endedAt }) => endedAt)
    const answer = plan(points, { traces, windows: [windowOf(points)] }, instant(truth + 3_600_000 - days * dayMs))
    expect(answer).toMatchObject({ isDoubt: true })
  })

  test('removes nothing when it was set back to a time without traces, before most of them', () => {
    const traces = [
      ...daysUntil(parseInstant('2025-10-01T03:00:00Z'), 60),
      ...daysUntil(parseInstant('2027-01-27T03:00:00Z'), 16),
    ]
    expect(plan(all, { traces })).toMatchObject({ isDoubt: true, refusal: expect.stringMatching(/^most of what/) as string })
    expect(idsOf(plan(all, { traces: traces.slice(0, 75) }))).toEqual(['F2_D2', 'F2'])
  })

  test('is believed when a person has looked at it since', () => {
    const traces = daysUntil(parseInstant('2027-01-27T03:00:00Z'), 60)
    const confirmed = [{ at: instant(now - dayMs), newestTrace: aheadDifferential.endedAt }]
    expect(idsOf(plan(all, { traces, confirmed }))).toEqual(['F2_D2', 'F2'])
    const before = [{ at: instant(now - dayMs), newestTrace: aheadFull.endedAt }]
    expect(plan(all, { traces, confirmed: before })).toMatchObject({ isDoubt: true })
    const ofTheFuture = [{ at: aheadFull.endedAt, newestTrace: aheadDifferential.endedAt }]
    expect(plan(all, { traces, confirmed: ofTheFuture })).toMatchObject({ isDoubt: true })
  })
})
