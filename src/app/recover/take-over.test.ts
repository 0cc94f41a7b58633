import { describe, expect, test } from 'vitest'
import { parseInstant } from '../../domain/clock.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { RunResult, StepResult } from '../../domain/events.ts'
import { isWhole } from './take-over.ts'

const beganAt = parseInstant('2026-01-26T03:00:00Z')

const step = (point: boolean, ...codes: ErrorCode[]): StepResult => ({
  ...{ component: 'database', engine: 'pgbackrest', outcome: codes.length === 0 ? 'done' : 'partial', from: [], to: '/x' },
  ...{ beganAt, durationMs: 1, attempts: 1, healed: [], warnings: [], sources: [] },
  errors: codes.map((code) => ({ code, message: code })),
  ...(point ? { point: { id: 'one', kind: 'full' as const } } : {}),
})

const run = (outcome: RunResult['outcome'], steps: readonly StepResult[], more: Partial<RunResult> = {}): RunResult => ({
  ...{ runId: 'r1', site: 'pi-hosting', outcome, beganAt, durationMs: 1, healed: [], errors: [], steps },
  ...more,
})

describe('the first backup of the machine that takes over', () => {
  test.each<[string, RunResult]>([
    ['all was done', run('done', [step(true)])],
    ['WAL from before it archived is missing', run('partial', [step(true, 'wal-gap'), step(true)])],
  ])('is whole when %s', (_what, result) => {
    expect(isWhole(result)).toBe(true)
  })

  test.each<[string, RunResult]>([
    ['a component has no point', run('partial', [step(false, 'wal-gap')])],
    ['anything else went wrong with one', run('partial', [step(true, 'wal-gap', 'page-checksum')])],
    ['the run itself failed', run('partial', [step(true, 'wal-gap')], { errors: [{ code: 'storage-full', message: 'full' }] })],
    ['it was interrupted before its end', run('interrupted', [step(false)])],
  ])('is not whole when %s', (_what, result) => {
    expect(isWhole(result)).toBe(false)
  })
})
