import { expect, test } from 'vitest'
import { instant } from '../domain/clock.ts'
import type { RecoveryWindow } from '../domain/restore-point.ts'
import { isStretch, lossesBefore, recoveryGaps } from './recovery-gaps.ts'

function window(from: number, to: number, points: readonly string[], brokenAfter = false): RecoveryWindow {
  const lastWal = `00000001${String(to).padStart(16, '0')}`
  return {
    from: instant(from),
    to: instant(to),
    archivedAt: instant(to),
    points,
    timeline: 1,
    lastWal,
    brokenAfter,
    archive: '15-1',
  }
}

const spans = (windows: readonly RecoveryWindow[]) => recoveryGaps(windows).map(({ from, to }) => [from, to])

test('a gap lies between windows that do not meet, in whichever order they come', () => {
  expect(spans([])).toEqual([])
  expect(spans([window(1, 5, ['A'])])).toEqual([])
  expect(spans([window(9, 12, ['B']), window(1, 5, ['A']), window(20, 20, ['C'])])).toEqual([
    [5, 9],
    [12, 20],
  ])
})

test('where another timeline covers the time there is none', () => {
  expect(spans([window(1, 30, ['A']), window(5, 8, ['B']), window(29, 40, ['C'])])).toEqual([])
})

test('a run tells of holes, and of whatever lies before its own backup, not of what retention trimmed', () => {
  const monthlies = [window(1, 1, ['Jan']), window(100, 100, ['Feb'])]
  const days = [window(200, 230, ['A', 'B'], true), window(240, 260, ['C']), window(270, 280, ['D'])]
  const told = (made: string) => lossesBefore(made, [...monthlies, ...days]).map(({ from }) => from)
  expect(told('D')).toEqual([230, 260])
  expect(told('E')).toEqual([230])
  expect(told('C')).toEqual([230])
})

test('a window of one moment is no stretch', () => {
  expect([window(1, 1, ['A']), window(1, 2, ['A'])].map(isStretch)).toEqual([false, true])
})
