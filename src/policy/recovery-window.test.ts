import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { parseInstant } from '../domain/clock.ts'
import type { RecoveryWindow } from '../domain/restore-point.ts'
import { windowFor } from './recovery-window.ts'

const perth = 'Australia/Perth'

describe('the window of a time', () => {
  const window = (from: string, to: string, points: readonly string[]): RecoveryWindow => ({
    from: parseInstant(from),
    to: parseInstant(to),
    archivedAt: parseInstant(to),
    brokenAfter: false,
    archive: '15-1',
    points,
    timeline: 1,
    lastWal: '000000010000000000000005',
  })
  const january = window('2026-01-01T00:00:00Z', '2026-01-10T00:00:00Z', ['first'])
  const later = window('2026-01-12T00:00:00Z', '2026-01-26T06:30:00Z', ['second', 'third'])
  const now = parseInstant('2026-01-26T06:35:00Z')
  const find = (time: string, windows: readonly RecoveryWindow[] = [january, later]) =>
    windowFor(parseInstant(time), windows, now, perth)

  test.each([
    ['2026-01-01T00:00:00Z', january],
    ['2026-01-10T00:00:00Z', january],
    ['2026-01-12T00:00:00Z', later],
    ['2026-01-20T12:00:00Z', later],
    ['2026-01-26T06:30:00Z', later],
  ])('that holds %s is found, its ends included', (time, expected) => {
    expect(find(time)).toBe(expected)
  })

  test('is the newest when two hold the same time', () => {
    const overlapping = window('2026-01-05T00:00:00Z', '2026-01-11T00:00:00Z', ['other timeline'])
    expect(find('2026-01-06T00:00:00Z', [january, overlapping])).toBe(overlapping)
  })

  test.each([
    ['it lies before the first backup', '2025-12-31T23:59:59Z', '2026-01-01 07:59:59 +08:00'],
    ['WAL is missing there', '2026-01-11T00:00:00Z', '2026-01-11 08:00:00 +08:00'],
    ['its WAL has not been archived', '2026-01-26T06:30:01Z', '2026-01-26 14:30:01 +08:00'],
    ['it lies in the future', '2026-01-26T06:35:01Z', '2026-01-26 14:35:01 +08:00'],
  ])('is refused because %s, and the windows are named', async (reason, time, shown) => {
    expect(await failureOf(() => find(time))).toMatchObject({
      code: 'target-time',
      message: `${shown} cannot be restored: ${reason}`,
      hint: 'any second can be, from 2026-01-01 08:00:00 to 2026-01-10 08:00:00, and from 2026-01-12 08:00:00 to 2026-01-26 14:30:00 (Australia/Perth)',
    })
  })

  test('may be tried until its last segment was archived, unless WAL is missing there for sure', async () => {
    const archivedAt = parseInstant('2026-01-26T06:32:00Z')
    const quiet = { ...later, archivedAt }
    const broken = { ...later, archivedAt, brokenAfter: true, archive: '15-1' }
    expect(find('2026-01-26T06:32:00Z', [january, quiet])).toBe(quiet)
    expect((await failureOf(() => find('2026-01-26T06:32:01Z', [january, quiet]))).message).toContain('has not been archived')
    expect((await failureOf(() => find('2026-01-26T06:31:00Z', [january, broken]))).message).toContain('WAL is missing there')
  })

  test('is refused while there is none', async () => {
    expect(await failureOf(() => find('2026-01-20T12:00:00Z', []))).toMatchObject({
      code: 'target-time',
      message: '2026-01-20 20:00:00 +08:00 cannot be restored: there is no recovery window yet',
      hint: 'the first backup opens one: holdfast backup',
    })
  })
})
