import { describe, expect, test } from 'vitest'
import { parseInstant } from '../../domain/clock.ts'
import type { RecoveryRecord } from '../../state/recovery-record.ts'
import { recoveryReport, refuseFinished } from './session.ts'

const steps = [
  { id: 'configuration', what: 'write holdfast.yaml' },
  { id: 'documents', what: 'restore documents' },
]
const begunAt = '2026-01-26T03:00:00.000Z'
const done = { begunAt, endedAt: '2026-01-26T03:01:00.000Z', durationMs: 60_000, evidence: ['12 files'] }

describe('a recovery that was begun before', () => {
  const attempt = (record: RecoveryRecord, at?: string) => () => refuseFinished('/state/recovery.json', at, steps, record)

  test.each<[string, RecoveryRecord, string | undefined]>([
    ['nothing was done yet', { steps: {} }, '2026-01-25 12:00'],
    ['a step was begun, as of another time', { at: 'then', steps: { configuration: { begunAt } } }, undefined],
    ['a step was done, as of the same time', { at: 'then', steps: { configuration: done } }, 'then'],
    ['a step was done, to the newest', { steps: { configuration: done } }, undefined],
  ])('is gone on with where %s', (_what, record, at) => {
    expect(attempt(record, at)).not.toThrow()
  })

  test('is not begun again when it is over', () => {
    const failing = attempt({ steps: { configuration: done, documents: done } })
    expect(failing).toThrow('this machine was recovered already, by 2026-01-26 03:01 UTC, to the newest of then')
  })

  test('is not mixed with one as of another time', () => {
    expect(attempt({ at: '2026-01-25 12:00', steps: { configuration: done } })).toThrow(
      'a recovery of this machine was begun, which came to 2026-01-26 03:01 UTC, as of 2026-01-25 12:00',
    )
    expect(attempt({ steps: { configuration: done } }, '2026-01-25 12:00')).toThrow('to the newest of then')
  })
})

describe('what is told of a recovery', () => {
  test('is whole when every step is done, and takes as long as all of them', () => {
    expect(recoveryReport('pi-hosting', steps, { steps: { configuration: done, documents: done } })).toMatchObject({
      ...{ site: 'pi-hosting', whole: true, durationMs: 120_000 },
      steps: [{ step: 'configuration', done: true, evidence: ['12 files'] }, { step: 'documents' }],
    })
  })

  test('is not whole while a step was never begun, or not ended', () => {
    expect(recoveryReport('pi-hosting', steps, { steps: { configuration: done } })).toMatchObject({
      ...{ whole: false, durationMs: 60_000 },
      steps: [{ done: true }, { step: 'documents', what: 'restore documents', done: false, evidence: [] }],
    })
    const { steps: rows } = recoveryReport('pi-hosting', steps, { steps: { documents: { begunAt } } })
    expect(rows[1]).toEqual({
      ...{ step: 'documents', what: 'restore documents' },
      done: false,
      beganAt: parseInstant(begunAt),
      evidence: [],
    })
  })
})
