import { appendFileSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import type * as fs from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { smallDisk } from '../../../test/support/small-disk.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { parseInstant, type Instant } from '../../domain/clock.ts'
import type { StepOutcome, StepResult } from '../../domain/events.ts'
import { lastStepWithPoint, openJournal, type Journal } from './journal.ts'
import type { JournalRecord } from '../../contract/journal.ts'

/**
 * The journal on a file system that does everything for real, and notes what it was asked for in order. Loaded anew, because
 * another test of the same worker may have loaded it before.
 */
async function watchedJournal(): Promise<{ open: typeof openJournal; calls: string[] }> {
  const calls: string[] = []
  vi.resetModules()
  vi.doMock('node:fs', async (importOriginal) => {
    const real = await importOriginal<typeof fs>()
    const noted =
      <Words extends unknown[], Result>(name: string, call: (...words: Words) => Result) =>
      (...words: Words): Result => {
        calls.push(name)
        return call(...words)
      }
    return {
      ...real,
      writeSync: noted('writeSync', real.writeSync as (file: number, text: string) => number),
      fsyncSync: noted('fsyncSync', real.fsyncSync),
      closeSync: noted('closeSync', real.closeSync),
    }
  })
  try {
    return { open: (await import('./journal.ts')).openJournal, calls }
  } finally {
    vi.doUnmock('node:fs')
    vi.resetModules()
  }
}

function runBegan(time: string, runId = time): JournalRecord {
  return { type: 'run-began', at: parseInstant(time), runId, site: 'pi-hosting', components: ['foundry'], version: '0.1.0' }
}

function step(component: string, outcome: StepOutcome, time = '2026-01-26T03:00:00Z'): StepResult {
  return {
    component,
    engine: 'restic',
    outcome,
    from: ['/srv/foundry'],
    to: '/mnt/backup/pi-hosting/foundry',
    beganAt: parseInstant(time),
    durationMs: 12_000,
    attempts: 1,
    healed: [],
    warnings: [],
    errors: [],
    sources: [{ path: '/srv/foundry', kind: 'directory', entries: 4, mounted: false }],
  }
}

const now = parseInstant('2026-01-26T12:00:00Z')

const stepEnded = (result: StepResult, runId = 'r1'): JournalRecord => ({ type: 'step-ended', at: result.beganAt, runId, result })

function journalOf(...records: readonly JournalRecord[]): Journal {
  const journal = openJournal(temporaryFolder())
  for (const record of records) journal.append(record)
  return journal
}

const runIdsOf = (journal: Journal): unknown[] => [...journal.newestFirst()].map((record) => 'runId' in record && record.runId)
const timesOf = (journal: Journal): Instant[] => [...journal.newestFirst()].map(({ at }) => at)

describe('the journal', () => {
  test('is empty before the first record, without a folder', () => {
    expect([...openJournal(join(temporaryFolder(), 'journal')).newestFirst()]).toEqual([])
  })

  test('keeps a file a month, in UTC, of one JSON line a record, with times that people can read', () => {
    const folder = join(temporaryFolder(), 'site', 'journal')
    const journal = openJournal(folder)
    journal.append(runBegan('2026-01-31T23:59:59.999Z', 'r1'))
    journal.append(runBegan('2026-02-01T00:00:00Z', 'r2'))
    expect(readdirSync(folder)).toEqual(['2026-01.jsonl', '2026-02.jsonl'])
    expect(readFileSync(join(folder, '2026-01.jsonl'), 'utf8')).toBe(
      '{"type":"run-began","at":"2026-01-31T23:59:59.999Z","runId":"r1","site":"pi-hosting","components":["foundry"],"version":"0.1.0"}\n',
    )
    expect(statSync(join(folder, '2026-01.jsonl')).mode & 0o007).toBe(0)
  })

  test('has a record on the disk when it says so', async () => {
    const folder = temporaryFolder()
    const { open, calls } = await watchedJournal()
    const [first, second] = [runBegan('2026-01-26T03:00:00Z'), runBegan('2026-01-27T03:00:00Z')]
    open(folder).append(first)
    // The first record of a month makes a file, whose folder has to be on the disk too.
    expect(calls).toEqual(['writeSync', 'fsyncSync', 'fsyncSync', 'closeSync', 'closeSync'])
    calls.length = 0
    open(folder).append(second)
    expect(calls).toEqual(['writeSync', 'fsyncSync', 'closeSync'])
    expect([...openJournal(folder).newestFirst()]).toEqual([second, first])
  })

  test('is read newest first, across months and years', () => {
    const times = [
      '2025-11-30T01:00:00Z',
      '2025-12-31T03:00:00Z',
      '2026-01-01T03:00:00Z',
      '2026-01-02T03:00:00Z',
      '2026-10-01T00:00:00Z',
    ]
    const journal = journalOf(...times.map((time) => runBegan(time)))
    expect(timesOf(journal)).toEqual(times.toReversed().map(parseInstant))
  })

  test('reads no more months than it is asked for', () => {
    const folder = temporaryFolder()
    const journal = openJournal(folder)
    journal.append(runBegan('2026-02-01T00:00:00Z'))
    // What is no file cannot be read, so this would be noticed.
    mkdirSync(join(folder, '2026-01.jsonl'))
    const [newest] = journal.newestFirst()
    expect(newest?.at).toBe(parseInstant('2026-02-01T00:00:00Z'))
  })

  test('gives back every record as it was, instants deep inside it too', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 30 })
    const anyStep = fc.record({
      component: word,
      path: word,
      minutes: fc.nat(40_000),
      warnings: fc.array(word, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 5 }), (steps) => {
        const records = steps.map(({ component, path, minutes, warnings }) => {
          const at = (parseInstant('2026-01-01T00:00:00Z') + minutes * 60_000) as Instant
          return stepEnded({ ...step(component, 'done'), from: [path], beganAt: at, warnings })
        })
        const read = [...journalOf(...records).newestFirst()]
        expect(read).toHaveLength(records.length)
        expect(read).toEqual(expect.arrayContaining(records))
      }),
      { numRuns: 25 },
    )
  })
})

describe('a journal on a full disk', () => {
  const long = (message: string): JournalRecord =>
    stepEnded({ ...step('foundry', 'failed'), errors: [{ code: 'unexpected', message }] })

  test('does not say that a record is written of which the disk took only the begin', () => {
    const disk = smallDisk()
    const journal = openJournal(join(disk.path, 'journal'))
    disk.fill(4096)
    expect(() => journal.append(long('x'.repeat(6000)))).toThrow('ENOSPC: no space left on device, write')
    expect(readFileSync(join(disk.path, 'journal', '2026-01.jsonl'), 'utf8')).toBe('')
    journal.append(runBegan('2026-01-26T03:00:00Z', 'r1'))
    expect(runIdsOf(journal)).toEqual(['r1'])
  })
})

describe('a journal that somebody spoiled', () => {
  test('is read past a line of 200 MB, which is not held in memory', () => {
    const folder = temporaryFolder()
    const journal = openJournal(folder)
    journal.append(runBegan('2026-01-24T03:00:00Z', 'r1'))
    const file = join(folder, '2026-01.jsonl')
    truncateSync(file, statSync(file).size + 200 * 2 ** 20)
    journal.append(runBegan('2026-01-26T03:00:00Z', 'r2'))
    const usedBytes = () => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
    const before = usedBytes()
    expect(runIdsOf(journal)).toEqual(['r2', 'r1'])
    expect(usedBytes() - before).toBeLessThan(20 * 2 ** 20)
  })

  test('gets no record that no reader would take', () => {
    const folder = temporaryFolder()
    const record = { type: 'recovered', at: now, from: 'x'.repeat(9 * 2 ** 20), kit: '' } as const
    expect(() => openJournal(folder).append(record)).toThrow('a record of the journal is too long: recovered')
    expect(readdirSync(folder)).toEqual([])
  })

  test('is an error that names the file that cannot be read', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '2026-01.jsonl'))
    const read = () => [...openJournal(folder).newestFirst()]
    expect(read).toThrow(expect.objectContaining({ code: 'journal-unreadable' }))
    expect(read).toThrow(join(folder, '2026-01.jsonl'))
    writeFileSync(join(folder, 'file'), '')
    expect(() => [...openJournal(join(folder, 'file')).newestFirst()]).toThrow(join(folder, 'file'))
  })
})

describe('a journal that a power cut tore', () => {
  const whole = [runBegan('2026-01-24T03:00:00Z', 'r1'), runBegan('2026-01-25T03:00:00Z', 'r2')]

  function torn(bytes: number): { folder: string; file: string } {
    const folder = temporaryFolder()
    const journal = openJournal(folder)
    for (const record of whole) journal.append(record)
    const file = join(folder, '2026-01.jsonl')
    truncateSync(file, statSync(file).size - bytes)
    return { folder, file }
  }

  test('loses only the record that was being written', () => {
    expect([...openJournal(torn(40).folder).newestFirst()]).toEqual([whole[0]])
  })

  test('goes on: the next record stands on a line of its own', () => {
    const { folder } = torn(40)
    const journal = openJournal(folder)
    journal.append(runBegan('2026-01-26T03:00:00Z', 'r3'))
    journal.append(runBegan('2026-01-27T03:00:00Z', 'r4'))
    expect(runIdsOf(journal)).toEqual(['r4', 'r3', 'r1'])
  })

  test('loses nothing when only the end of the line is gone', () => {
    const { folder } = torn(1)
    const journal = openJournal(folder)
    journal.append(runBegan('2026-01-26T03:00:00Z', 'r3'))
    expect(runIdsOf(journal)).toEqual(['r3', 'r2', 'r1'])
  })

  test.each(['\0\0\0\0\0\0\n', 'null\n', '[]\n', '"at"\n', '{"type":"run-began"}\n', '{"at":"yesterday"}\n', '\n\n'])(
    'passes over a line that is no record: %j',
    (line) => {
      const { folder, file } = torn(0)
      appendFileSync(file, line)
      const journal = openJournal(folder)
      journal.append(runBegan('2026-01-26T03:00:00Z', 'r3'))
      expect(runIdsOf(journal)).toEqual(['r3', 'r2', 'r1'])
    },
  )

  test.each([
    '{"type":"step-ended","at":"2026-01-25T04:00:00Z","runId":"r9"}',
    '{"type":"step-ended","at":"2026-01-25T04:00:00Z","runId":"r9","result":{"component":"foundry","beganAt":"2026-01-25T04:00:00Z"}}',
    '{"type":"run-ended","at":"2026-01-25T04:00:00Z","runId":"r9","result":null}',
    '{"type":"run-began","at":"2026-01-25T04:00:00Z"}',
    '{"type":"danced","at":"2026-01-25T04:00:00Z","runId":"r9"}',
    '{"type":"set-up","at":1769313600000}',
  ])('passes over a line that lacks what a record of its type has: %s', (line) => {
    const { folder, file } = torn(0)
    appendFileSync(file, `${line}\n`)
    expect([...openJournal(folder).newestFirst()]).toEqual(whole.toReversed())
  })

  test.each([
    ['point', {}],
    ['from', 'a path'],
    ['errors', [null]],
    ['sources', [{}]],
    ['outcome', 'splendid'],
    ['durationMs', '12'],
  ])('passes over a step whose %s is %j', (key, value) => {
    const { folder, file } = torn(0)
    const result = { ...step('foundry', 'done'), beganAt: '2026-01-25T04:00:00Z', [key]: value }
    appendFileSync(file, `${JSON.stringify({ type: 'step-ended', at: '2026-01-25T04:00:00Z', runId: 'r9', result })}\n`)
    expect([...openJournal(folder).newestFirst()]).toEqual(whole.toReversed())
  })

  test('loses no record, whatever byte the tear was at', () => {
    const length = JSON.stringify({ ...whole[1], at: '2026-01-25T03:00:00.000Z' }).length
    fc.assert(
      fc.property(fc.integer({ min: 1, max: length }), (bytes) => {
        const { folder } = torn(bytes)
        const journal = openJournal(folder)
        journal.append(runBegan('2026-01-26T03:00:00Z', 'r3'))
        const ids = runIdsOf(journal)
        expect(ids.filter((id) => id !== 'r2')).toEqual(['r3', 'r1'])
      }),
      { numRuns: 30 },
    )
  })

  test('passes over other files in its folder', () => {
    const { folder } = torn(0)
    writeFileSync(join(folder, 'notes.txt'), 'hello')
    writeFileSync(join(folder, '2026-01.jsonl~'), '{"at":"2026-01-25T03:00:00Z"}\n')
    expect([...openJournal(folder).newestFirst()]).toEqual(whole.toReversed())
  })
})

describe('the last step of a component with a point', () => {
  const point = { id: '7be79a4b', kind: 'snapshot' } as const

  test('is the newest that made one, with faults or without; failed and interrupted ones made none', () => {
    const partial: StepResult = { ...step('foundry', 'partial', '2026-01-24T03:00:00Z'), point }
    const journal = journalOf(
      stepEnded({ ...step('foundry', 'done', '2026-01-22T03:00:00Z'), point }),
      stepEnded({ ...step('logs', 'done', '2026-01-23T03:00:00Z'), point }),
      stepEnded(partial),
      stepEnded(step('foundry', 'failed', '2026-01-25T03:00:00Z')),
      stepEnded(step('foundry', 'interrupted', '2026-01-26T03:00:00Z')),
    )
    expect(lastStepWithPoint(journal, 'foundry', now)).toEqual(partial)
    expect(lastStepWithPoint(journal, 'database', now)).toBeUndefined()
  })

  test('is none of a time that has not come', () => {
    const good: StepResult = { ...step('foundry', 'done', '2026-01-26T03:00:00Z'), point }
    const journal = journalOf(stepEnded(good), stepEnded({ ...good, beganAt: parseInstant('2027-01-26T03:00:00Z') }))
    expect(lastStepWithPoint(journal, 'foundry', now)).toEqual(good)
  })
})
