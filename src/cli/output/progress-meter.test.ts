import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import { ProgressMeter } from './progress-meter.ts'

/** What the meter says after reports that came at these seconds. */
function textAfter(reports: readonly (readonly [second: number, progress: Progress])[], room = 100): string {
  const meter = new ProgressMeter()
  for (const [second, progress] of reports) meter.update(progress, instant(second * 1000))
  return meter.text(room)
}

describe('the progress of a step', () => {
  test('is amount, rate, time left and the current file', () => {
    expect(
      textAfter([
        [0, { doneBytes: 0, totalBytes: 4e9 }],
        [60, { doneBytes: 2e9, totalBytes: 4e9, doneFiles: 10, totalFiles: 20, current: 'worlds/a/packs/actors/000417.ldb' }],
      ]),
    ).toBe('2.00 GB of 4.00 GB · 10 of 20 files · 33.3 MB/s · 1m left   worlds/a/packs/actors/000417.ldb')
  })

  test('tells no total, rate or time left that it does not know', () => {
    expect(textAfter([])).toBe('')
    expect(textAfter([[0, { doneBytes: 5_000_000 }]])).toBe('5.00 MB')
    expect(textAfter([[0, { doneFiles: 3 }]])).toBe('3 files')
    expect(
      textAfter([
        [0, { doneBytes: 0 }],
        [0.1, { doneBytes: 5_000_000 }],
      ]),
    ).toBe('5.00 MB')
  })

  test('counts the rate from where it began: what was there already took no time', () => {
    expect(
      textAfter([
        [0, { doneBytes: 1e9 }],
        [10, { doneBytes: 1.1e9 }],
      ]),
    ).toBe('1.10 GB · 10.0 MB/s')
  })

  test('tells no time left when all is done, or nothing moves', () => {
    expect(
      textAfter([
        [0, { doneBytes: 0, totalBytes: 10 }],
        [5, { doneBytes: 10, totalBytes: 10 }],
      ]),
    ).toBe('10 B of 10 B · 2 B/s')
    expect(
      textAfter([
        [0, { doneBytes: 5, totalBytes: 10 }],
        [5, { doneBytes: 5, totalBytes: 10 }],
      ]),
    ).toBe('5 B of 10 B')
  })

  test('keeps the numbers beside a note, and drops the note when data moves again', () => {
    const reports: [number, Progress][] = [
      [0, { doneBytes: 0 }],
      [10, { doneBytes: 1e8, current: 'a/long/enough/name.txt' }],
      [11, { note: 'the storage does not answer' }],
    ]
    expect(textAfter(reports)).toBe('100 MB · 9.09 MB/s · the storage does not answer   a/long/enough/name.txt')
    expect(textAfter([...reports, [20, { doneBytes: 2e8 }]])).toBe('200 MB · 10.0 MB/s')
  })

  test('cuts the file from the left, and leaves it out where there is no room for it', () => {
    const reports: [number, Progress][] = [[0, { doneBytes: 5e6, current: 'worlds/a/packs/actors/000417.ldb' }]]
    expect(textAfter(reports, 30)).toBe('5.00 MB   …s/actors/000417.ldb')
    expect(textAfter(reports, 20)).toBe('5.00 MB')
    expect(textAfter(reports, 3)).toBe('5.0')
  })

  test('never obeys what a file is called', () => {
    expect(textAfter([[0, { current: 'evil\x1b[2J name of a file' }]])).toBe('   evil\\x1b[2J name of a file')
  })

  test('is never wider than the room there is', () => {
    const progress = fc.record(
      { doneBytes: fc.nat(1e12), totalBytes: fc.nat(1e12), doneFiles: fc.nat(), current: fc.string(), note: fc.string() },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(progress, { maxLength: 4 }), fc.integer({ min: -10, max: 200 }), (reports, room) => {
        const text = textAfter(
          reports.map((report, index) => [index, report] as const),
          room,
        )
        expect(text.length).toBeLessThanOrEqual(Math.max(0, room))
      }),
    )
  })
})

test('the spinner goes round', () => {
  const meter = new ProgressMeter()
  const round = Array.from({ length: 10 }, () => meter.spinner())
  expect(new Set(round).size).toBe(10)
  expect(meter.spinner()).toBe(round[0])
})
