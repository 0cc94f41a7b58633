import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isoInstant, parseInstant, type Instant } from '../domain/clock.ts'
import type { StepResult } from '../domain/events.ts'
import type { JournalRecord } from './records.ts'

/**
 * The append-only history of a site: JSON lines, one file a month (UTC). A record is on the disk when `append` returns. It
 * is history, never the truth about restore points: that is asked of the engines.
 */
export interface Journal {
  append(record: JournalRecord): void
  /** All records, newest first. Months are read only as far as they are asked for. */
  newestFirst(): Generator<JournalRecord>
}

export function openJournal(directory: string): Journal {
  return {
    append: (record) => appendLine(directory, record),
    *newestFirst() {
      for (const month of monthsOf(directory).toReversed()) {
        const text = readFileSync(join(directory, month), 'utf8')
        // Cut off from the end line by line: whoever asks for the newest records pays for no more of the month than those.
        for (let end = text.length; end > 0; ) {
          const begin = text.lastIndexOf('\n', end - 1) + 1
          const record = parseLine(text.slice(begin, end))
          if (record !== undefined) yield record
          end = begin - 1
        }
      }
    },
  }
}

function monthsOf(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name))
    .toSorted()
}

function appendLine(directory: string, record: JournalRecord): void {
  mkdirSync(directory, { recursive: true, mode: 0o750 })
  const time = isoInstant(record.at)
  const file = openSync(join(directory, `${time.slice(0, 7)}.jsonl`), 'a+', 0o640)
  try {
    // A power cut may have torn the last line: the new record starts on a line of its own, whatever stands before it.
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    const torn = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
    writeSync(file, `${torn ? '\n' : ''}${JSON.stringify(record, datesAsText)}\n`)
    fsyncSync(file)
    if (size === 0) syncFolder(directory)
  } finally {
    closeSync(file)
  }
}

/** A new file is sure to be found after a power cut only once its folder is on the disk too. */
function syncFolder(directory: string): void {
  const folder = openSync(directory, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

const instantKeys = new Set(['at', 'beganAt'])

function datesAsText(key: string, value: unknown): unknown {
  return instantKeys.has(key) && typeof value === 'number' ? isoInstant(value as Instant) : value
}

/** What instants are in the file. */
type Written<Record> = Record extends object
  ? { readonly [Key in keyof Record]: Record[Key] extends Instant ? string : Written<Record[Key]> }
  : Record

/** Turns the times of a record back into instants, one by one: a reviver would be called for every value of every line. */
function readRecord(written: Written<JournalRecord>): JournalRecord {
  const at = parseInstant(written.at)
  switch (written.type) {
    case 'step-ended':
      return { ...written, at, result: { ...written.result, beganAt: parseInstant(written.result.beganAt) } }
    case 'run-ended':
      return { ...written, at, result: { ...written.result, beganAt: parseInstant(written.result.beganAt) } }
    default:
      return { ...written, at }
  }
}

function parseLine(line: string): JournalRecord | undefined {
  if (line === '') return undefined
  try {
    return readRecord(JSON.parse(line) as Written<JournalRecord>)
  } catch {
    // Torn by a crash in the middle of writing it: what it told is lost, what stands around it isn't.
    return undefined
  }
}

/** The newest run that began but has no end: it was killed, or the machine died. */
export function unfinishedRun(journal: Journal): { runId: string; at: Instant } | undefined {
  for (const record of journal.newestFirst()) {
    if (record.type === 'run-ended') return undefined
    if (record.type === 'run-began') return { runId: record.runId, at: record.at }
  }
  return undefined
}

/** The newest step of a component that made a point without fault, if any. */
export function lastGoodStep(journal: Journal, component: string): StepResult | undefined {
  for (const record of journal.newestFirst()) {
    if (record.type === 'step-ended' && record.result.component === component && record.result.outcome === 'done')
      return record.result
  }
  return undefined
}
