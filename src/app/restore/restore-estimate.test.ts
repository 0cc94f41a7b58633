import { defined } from '../../domain/defined.ts'
import { describe, expect, test } from 'vitest'
import { instant } from '../../domain/clock.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { bytes } from '../../domain/size.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { estimateRestore } from './restore-estimate.ts'

const at = instant(0)
const restored = (component: string, sizeBytes: number | undefined, durationMs: number): JournalRecord => ({
  type: 'restored',
  at,
  component,
  point: 'p',
  target: '/srv/back',
  durationMs,
  ...defined({ sizeBytes }),
})
const point = (sizeBytes: number): RestorePoint => ({
  id: 'p',
  kind: 'snapshot',
  beganAt: at,
  endedAt: at,
  sizeBytes: bytes(sizeBytes),
  dependsOn: [],
  hasErrors: false,
  tags: [],
})

describe('the estimate of a restore', () => {
  test('takes the slower half of the component’s own last restores', () => {
    const records = [restored('other', 1e9, 1), restored('files', 1e9, 10_000), restored('files', 1e9, 30_000)]
    expect(estimateRestore('files', point(2e9), records)).toEqual({ sizeBytes: 2e9, durationMs: 60_000, basis: 'component' })
  })

  test('takes the site’s where the component was never restored', () => {
    expect(estimateRestore('new', point(2e9), [restored('files', 1e9, 10_000)])).toMatchObject({
      durationMs: 20_000,
      basis: 'site',
    })
  })

  test('is never shorter than the shortest there was: the least of a restore has nothing to do with bytes', () => {
    expect(estimateRestore('files', point(1), [restored('files', 1e9, 10_000)]).durationMs).toBe(10_000)
  })

  test('knows no time without a restore whose size is known, and none without a size', () => {
    const { sizeBytes: _, ...unknown } = point(1)
    expect(estimateRestore('files', point(5), [restored('files', undefined, 10)])).toEqual({
      sizeBytes: 5,
      durationMs: undefined,
      basis: 'none',
    })
    expect(estimateRestore('files', unknown, [restored('files', 5, 10)]).durationMs).toBeUndefined()
  })
})
