import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { instant, isoInstant } from '../domain/clock.ts'
import type { HoldfastError } from '../domain/errors.ts'
import { formatLocalStamp } from './local-time.ts'
import { parseRestoreTime, restoreTimeForm } from './restore-time.ts'

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
