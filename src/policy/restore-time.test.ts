import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { instant, isoInstant, parseInstant } from '../domain/clock.ts'
import type { HoldfastError } from '../domain/errors.ts'
import type { RecoveryWindow } from '../domain/restore-point.ts'
import { formatLocalStamp } from './local-time.ts'
import { parseRestoreTime, restoreTimeForm, windowFor } from './restore-time.ts'

const perth = 'Australia/Perth'
const sydney = 'Australia/Sydney'

const read = (text: string, zone = perth): string => isoInstant(parseRestoreTime(text, zone))
const refusal = (text: string, zone = perth): Promise<HoldfastError> => failureOf(() => parseRestoreTime(text, zone))

describe('the time that somebody wants back', () => {
  test.each([
    ['2026-01-26 14:30:05', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26T14:30:05', '2026-01-26T06:30:05.000Z'],
    ['  2026-01-26 14:30 ', '2026-01-26T06:30:00.000Z'],
    ['2026-01-26 9:05', '2026-01-26T01:05:00.000Z'],
    ['2026-01-26', '2026-01-25T16:00:00.000Z'],
    ['2026-01-26 14:30:05.123456', '2026-01-26T06:30:05.123Z'],
  ])('%j is on the clock of the site', (text, time) => {
    expect(read(text)).toBe(time)
  })

  test.each([
    ['2026-01-26T06:30:05Z', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 06:30:05 UTC', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 14:30:05+08:00', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 14:30:05 +0800', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 06:30:05+00', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 01:00:05-05:30', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 17:30:05 Australia/Sydney', '2026-01-26T06:30:05.000Z'],
    ['2026-01-26 01:30:05 America/Argentina/Buenos_Aires', '2026-01-26T04:30:05.000Z'],
    ['2026-01-26 14:30:05 Etc/GMT-8', '2026-01-26T06:30:05.000Z'],
  ])('%j says its own zone', (text, time) => {
    expect(read(text)).toBe(time)
  })

  test.each([
    '',
    'yesterday',
    '26.1.2026',
    '2026-02-30 10:00',
    '2026-01-26 25:00',
    '2026-01-26 12:60',
    '2026-01-26 +99:00',
    '14:30',
  ])('%j is no time', async (text) => {
    expect(await refusal(text)).toMatchObject({
      code: 'target-time',
      message: `${JSON.stringify(text)} is not a time`,
      hint: `expected ${restoreTimeForm}`,
    })
  })

  test('is refused in a zone that does not exist', async () => {
    expect(await refusal('2026-01-26 14:30 Australia/Pert')).toMatchObject({
      code: 'target-time',
      message: 'Australia/Pert in "2026-01-26 14:30 Australia/Pert" is not a time zone',
    })
  })

  test('is refused when it happened twice, and both readings are named', async () => {
    const failure = await refusal('2026-04-05 02:30:00', sydney)
    expect(failure).toMatchObject({
      code: 'target-time',
      message: '2026-04-05 02:30:00 happened twice in Australia/Sydney: daylight saving ended',
      hint: "say which: --at '2026-04-05 02:30:00+11:00' or --at '2026-04-05 02:30:00+10:00'",
    })
    expect(readingsIn(failure)).toEqual(['2026-04-04T15:30:00.000Z', '2026-04-04T16:30:00.000Z'])
  })

  test('is refused when daylight saving skipped it, and the nearest readings are named', async () => {
    const failure = await refusal('2026-10-04 02:30:00', sydney)
    expect(failure).toMatchObject({
      code: 'target-time',
      message: '2026-10-04 02:30:00 never happened in Australia/Sydney: daylight saving skipped it',
      hint: "the nearest readings are --at '2026-10-04 01:30:00+10:00' and --at '2026-10-04 03:30:00+11:00'",
    })
    expect(readingsIn(failure)).toEqual(['2026-10-03T15:30:00.000Z', '2026-10-03T16:30:00.000Z'])
  })

  test('is no riddle on those days when it says its offset', () => {
    expect(read('2026-04-05 02:30:00+10:00', sydney)).toBe('2026-04-04T16:30:00.000Z')
  })

  test('is what we wrote, for every second that happened once', () => {
    const zone = fc.constantFrom(perth, sydney, 'UTC', 'America/St_Johns', 'Europe/Berlin', 'Asia/Kathmandu')
    const seconds = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2040, 0, 1) / 1000 })
    fc.assert(
      fc.property(seconds, zone, (second, timeZone) => {
        const at = instant(second * 1000)
        const stamp = formatLocalStamp(at, timeZone)
        const hourMs = 3_600_000
        const twice = [-hourMs, hourMs].some((shift) => formatLocalStamp(instant(at + shift), timeZone) === stamp)
        fc.pre(!twice)
        expect(parseRestoreTime(stamp, timeZone)).toBe(at)
      }),
    )
  })

  /** What our own hint suggests, read by ourselves. */
  function readingsIn(failure: HoldfastError): string[] {
    return [...(failure.hint ?? '').matchAll(/'([^']+)'/g)].map(([, text = '']) => read(text))
  }
})

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
