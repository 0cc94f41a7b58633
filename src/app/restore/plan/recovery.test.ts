import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { pointAt } from '../../../../test/support/points.ts'
import { instant, parseInstant, type Instant } from '../../../domain/clock.ts'
import type { RecoveryWindow } from '../../../domain/restore-point.ts'
import type { RestoreRequest } from '../request.ts'
import { chooseRecovery, needsLiveServer, type RecoveryFacts } from './recovery.ts'

const backupEnd = parseInstant('2026-01-26T03:00:10Z')
const later = (seconds: number): Instant => instant(backupEnd + seconds * 1000)
const full = pointAt(backupEnd, { id: '20260126-030004F', kind: 'full', timeline: 1 })

const window = (to: Instant, part: Partial<RecoveryWindow> = {}): RecoveryWindow => ({
  ...{ from: backupEnd, to, archivedAt: to, points: [full.id], timeline: 1, archive: '15-1', brokenAfter: false },
  lastWal: '000000010000000000000004',
  ...part,
})

const facts = (part: Partial<RecoveryFacts> = {}): RecoveryFacts => ({
  ...{ points: [full], windows: [window(later(60))], archived: {}, now: later(90), timeZone: 'UTC' },
  ...part,
})

const request = (part: Partial<RestoreRequest> = {}): RestoreRequest => ({
  ...{ component: 'database', at: undefined, point: undefined, name: undefined, paths: [], patterns: [], purpose: 'restore' },
  target: { kind: 'temporary', folder: undefined },
  ...part,
})

describe('where recovery begins and stops', () => {
  test.each<[string, Partial<RestoreRequest>, Partial<RecoveryFacts>, object]>([
    [
      'the latest without a server is the end of the archive',
      {},
      {},
      { stop: 'archive-end', certainUntil: later(60), timeline: 1 },
    ],
    [
      'the latest of a server that would archive is now',
      {},
      { archived: { isAssumed: true } },
      { stop: later(90), timeline: 1, archivedUntilNow: false },
    ],
    [
      'the latest of a server that has archived is now, and nothing is missing',
      {},
      { archived: { segment: '000000010000000000000004' } },
      { stop: later(90), archivedUntilNow: true },
    ],
    ['a time is that time', { at: '2026-01-26 03:00:30' }, {}, { stop: later(20), wanted: later(20) }],
    ['a point is its own end, whatever was archived since', { point: full.id }, {}, { stop: 'point' }],
    ['a name is looked for from the newest base backup on', { name: 'before' }, {}, { stop: { name: 'before' }, timeline: 1 }],
  ])('%s', (_title, wanted, known, recovery) => {
    const chosen = chooseRecovery(request(wanted), facts(known))
    expect(chosen.point.id).toBe(full.id)
    expect(chosen.recovery).toMatchObject(recovery)
  })

  test('a look ahead says what the run does first, and a server that could not archive why', () => {
    expect(chooseRecovery(request(), facts({ archived: { isAssumed: true } })).notes).toEqual([
      'what the live server has not archived yet is archived first',
    ])
    expect(chooseRecovery(request(), facts({ archived: { note: 'it does not archive' } })).notes).toEqual(['it does not archive'])
  })

  test('a time outside of every window is refused', async () => {
    expect(await failureOf(() => chooseRecovery(request({ at: '2026-01-25 03:00:00' }), facts()))).toMatchObject({
      code: 'target-time',
    })
  })

  test.each(['', 'tab\there', 'x'.repeat(64)])('the name %j cannot be one', async (name) => {
    expect(await failureOf(() => chooseRecovery(request({ name }), facts()))).toMatchObject({ code: 'usage' })
  })

  test('only what lies beyond the archive needs the live server, and a drill never does', () => {
    expect(needsLiveServer(request(), facts())).toBe(true)
    expect(needsLiveServer(request({ name: 'before' }), facts())).toBe(true)
    expect(needsLiveServer(request({ at: '2026-01-26 03:00:30' }), facts())).toBe(false)
    expect(needsLiveServer(request({ point: full.id }), facts())).toBe(false)
    expect(needsLiveServer(request({ purpose: 'drill' }), facts())).toBe(false)
  })
})
