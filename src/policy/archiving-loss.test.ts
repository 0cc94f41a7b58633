import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '../domain/clock.ts'
import { lossOf } from './archiving-loss.ts'

const minute = 60_000
const now = instant(1_000_000 * minute)
const ago = (minutes: number): Instant => instant(now - minutes * minute)

const usual = {
  seenAt: now,
  finishedAt: ago(3),
  lastArchivedAt: ago(3),
  waiting: 0,
  oldestWaitingAt: undefined,
  archiveTimeoutMs: 5 * minute,
  xidSince: ago(0),
}

describe('what a crash now would lose', () => {
  test('is what was committed since the newest archived segment was finished', () => {
    expect(lossOf(usual, undefined)).toBe(3 * minute)
  })

  test('is nothing of an idle database, however long ago its last segment was', () => {
    expect(lossOf({ ...usual, finishedAt: ago(600), xidSince: ago(500) }, undefined)).toBe(0)
    expect(lossOf({ ...usual, finishedAt: ago(60), archiveTimeoutMs: 0, xidSince: ago(61) }, undefined)).toBe(0)
  })

  test('is no more than a segment stays open, when a database that was idle has just begun to write', () => {
    expect(lossOf({ ...usual, finishedAt: ago(600) }, undefined)).toBe(6 * minute)
    expect(lossOf({ ...usual, finishedAt: ago(600), xidSince: ago(2) }, undefined)).toBe(6 * minute)
  })

  test('grows with the oldest segment that waits', () => {
    const waiting = { ...usual, finishedAt: ago(50), waiting: 9, oldestWaitingAt: ago(45) }
    expect(lossOf(waiting, undefined)).toBe(50 * minute)
    expect(lossOf({ ...waiting, finishedAt: ago(600) }, undefined)).toBe(51 * minute)
    expect(lossOf({ ...waiting, archiveTimeoutMs: 0, finishedAt: ago(600) }, undefined)).toBe(600 * minute)
  })

  test('is nothing when only checkpoints wait', () => {
    expect(lossOf({ ...usual, waiting: 1, oldestWaitingAt: ago(1), xidSince: ago(4) }, undefined)).toBe(0)
  })

  test('is not known when nothing was ever archived, unless a run saw it', () => {
    const crashed = { ...usual, finishedAt: undefined, lastArchivedAt: undefined }
    expect(lossOf(crashed, undefined)).toBeUndefined()
    expect(lossOf(crashed, ago(2))).toBe(2 * minute)
  })
})
