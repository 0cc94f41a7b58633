import { describe, expect, test } from 'vitest'
import { parseInstant } from '../domain/clock.ts'
import type { RestorePoint, RestorePointKind } from '../domain/restore-point.ts'
import { chooseBackupKind } from './backup-kind.ts'

function point(time: string, kind: RestorePointKind = 'full', hasErrors = false): RestorePoint {
  const at = parseInstant(time)
  return { id: `${time.slice(0, 10)} ${kind}`, kind, beganAt: at, endedAt: at, dependsOn: [], hasErrors, tags: [] }
}

const monthly = { full: 'monthly', between: 'differential' } as const
const weekly = { full: 'weekly', between: 'incremental' } as const

const choose = (points: readonly RestorePoint[], policy: Parameters<typeof chooseBackupKind>[1], now: string, zone = 'UTC') =>
  chooseBackupKind(points, policy, parseInstant(now), zone)

describe('the kind of a base backup', () => {
  test('is full while there is nothing to build on', () => {
    expect(choose([], monthly, '2026-01-26T03:00:00Z')).toEqual({ kind: 'full', reason: 'there is no good full backup yet' })
  })

  test('is full while the only full one holds errors: nothing good can be built on it', () => {
    const points = [point('2026-01-01T03:00:00Z', 'full', true), point('2026-01-02T03:00:00Z', 'differential')]
    expect(choose(points, monthly, '2026-01-26T03:00:00Z').reason).toBe('there is no good full backup yet')
  })

  test('is what the policy says for the days of a month that has its full one', () => {
    const points = [point('2026-01-01T03:00:00Z'), point('2026-01-02T03:00:00Z', 'differential')]
    expect(choose(points, monthly, '2026-01-31T23:59:59Z')).toEqual({
      kind: 'differential',
      reason: 'this month has the full backup 2026-01-01 full',
    })
  })

  test('is full on the first run of a new month, on whatever day that is', () => {
    expect(choose([point('2026-01-01T03:00:00Z')], monthly, '2026-02-17T03:00:00Z')).toEqual({
      kind: 'full',
      reason: 'the first of a new month',
    })
  })

  test('is full in the same month of another year', () => {
    expect(choose([point('2025-01-05T03:00:00Z')], monthly, '2026-01-05T03:00:00Z').kind).toBe('full')
  })

  test('counts months on the clock of the site', () => {
    const points = [point('2026-01-15T03:00:00Z')]
    expect(choose(points, monthly, '2026-01-31T17:00:00Z', 'UTC').kind).toBe('differential')
    expect(choose(points, monthly, '2026-01-31T17:00:00Z', 'Australia/Perth').kind).toBe('full')
  })

  test('counts weeks from Monday, also across a new year', () => {
    const points = [point('2025-12-29T03:00:00Z')]
    expect(choose(points, weekly, '2026-01-04T23:00:00Z')).toEqual({
      kind: 'incremental',
      reason: 'this week has the full backup 2025-12-29 full',
    })
    expect(choose(points, weekly, '2026-01-05T00:00:00Z')).toEqual({ kind: 'full', reason: 'the first of a new week' })
  })

  test('looks at the newest full one, not at later ones of other kinds', () => {
    const points = [point('2026-01-01T03:00:00Z'), point('2026-02-01T03:00:00Z'), point('2026-02-02T03:00:00Z', 'differential')]
    expect(choose(points, monthly, '2026-02-03T03:00:00Z').reason).toBe('this month has the full backup 2026-02-01 full')
  })

  test('is full every time when the policy wants that', () => {
    expect(choose([point('2026-01-26T02:00:00Z')], { ...monthly, full: 'always' }, '2026-01-26T03:00:00Z')).toEqual({
      kind: 'full',
      reason: 'every backup is full',
    })
  })
})
