import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { instant, parseInstant, type Instant } from '../domain/clock.ts'
import type { RecoveryWindow, RestorePoint } from '../domain/restore-point.ts'
import { liesBeyondArchive, presentFor, recoveryTarget, type RecoveryQuestion } from './recovery-target.ts'

const backupEnd = parseInstant('2026-01-26T03:00:10Z')
const second = 1000
const after = (milliseconds: number): Instant => instant(backupEnd + milliseconds)
const segment = (position: number, timeline = 1): string => `0000000${timeline}00000000000000${String(position).padStart(2, '0')}`

const point = (id: string, endedAt: Instant, hasErrors = false): RestorePoint => ({
  id,
  kind: 'full',
  beganAt: endedAt,
  endedAt,
  dependsOn: [],
  hasErrors,
  tags: [],
  timeline: 1,
})

function window(to: Instant, lastWal: string, points = ['newest'], from = backupEnd, timeline = 1): RecoveryWindow {
  return { from, to, archivedAt: to, points, timeline, lastWal, brokenAfter: false, archive: '15-1' }
}

const question = (part: Partial<RecoveryQuestion>): RecoveryQuestion => ({
  points: [point('newest', backupEnd)],
  windows: [window(backupEnd, segment(4))],
  at: undefined,
  now: after(60 * second),
  archived: undefined,
  timeZone: 'UTC',
  ...part,
})

describe('the latest, while the server lives', () => {
  test('within the second in which a backup ended is the end of that backup, which is known to the second, rounded up', () => {
    const windows = [window(backupEnd, segment(4))]
    const now = presentFor(undefined, windows, after(-700))
    expect(now).toBe(backupEnd)
    expect(liesBeyondArchive(undefined, windows, now)).toBe(true)
    // What the server archived just now was committed before that second is over.
    const reached = [window(backupEnd, segment(5))]
    expect(recoveryTarget(question({ windows: reached, now, archived: segment(5) }))).toMatchObject({
      point: { id: 'newest' },
      at: backupEnd,
      restoredTo: backupEnd,
      archivedUntilNow: true,
      unreachable: false,
    })
  })

  test('is now, along the timeline of the newest window', () => {
    const windows = [window(after(59 * second), segment(6))]
    expect(recoveryTarget(question({ windows, archived: segment(6) }))).toMatchObject({
      at: after(60 * second),
      timeline: 1,
      lastWal: segment(6),
      archivedUntilNow: true,
    })
  })

  test('is the end of the archive, and is said to miss something, when no backup leads to what was archived', () => {
    for (const archived of [segment(9), segment(2, 2)]) {
      expect(recoveryTarget(question({ archived }))).toMatchObject({
        at: 'archive-end',
        restoredTo: backupEnd,
        lastWal: segment(4),
        archivedUntilNow: false,
        unreachable: true,
      })
    }
  })
})

test('the latest of a server that is gone is the end of the archive', () => {
  expect(recoveryTarget(question({}))).toMatchObject({ at: 'archive-end', restoredTo: backupEnd, unreachable: false })
})

test('the latest without any window is the newest good backup', async () => {
  const points = [point('good', backupEnd), point('bad', after(1), true)]
  expect(recoveryTarget(question({ points, windows: [] }))).toMatchObject({ point: { id: 'good' }, lastWal: undefined })
  expect(await failureOf(() => recoveryTarget(question({ points: [], windows: [] })))).toMatchObject({ code: 'point-unknown' })
})

test('a time is reached from the newest good backup of its window that ended before it', () => {
  const points = [point('A', after(0)), point('B', after(10 * second)), point('bad', after(20 * second), true)]
  const windows = [window(after(60 * second), segment(8), ['A', 'B', 'bad'])]
  const chosen = (milliseconds: number) => recoveryTarget(question({ points, windows, at: after(milliseconds) })).point.id
  expect([chosen(0), chosen(9 * second), chosen(10 * second), chosen(30 * second)]).toEqual(['A', 'A', 'B', 'B'])
})

test('only what lies behind the newest window, and not in the future, has to be archived first', () => {
  const windows = [window(after(60 * second), segment(8))]
  const now = after(90 * second)
  const beyond = (milliseconds: number) => liesBeyondArchive(after(milliseconds), windows, now)
  expect([beyond(59 * second), beyond(60 * second), beyond(90 * second), beyond(91 * second)]).toEqual([false, true, true, false])
  expect(liesBeyondArchive(undefined, [], now)).toBe(false)
})

test('a time that the clock has passed is not taken for now, however near', () => {
  const windows = [window(backupEnd, segment(4))]
  expect(presentFor(after(-700), windows, after(-500))).toBe(after(-500))
})
