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
import { isoInstant, type Instant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import { parseLine } from './record-line.ts'
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
        for (let end = text.length; end > 0;) {
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

const instantKeys = new Set(['at', 'beganAt', 'endedAt', 'newestTrace'])

function datesAsText(key: string, value: unknown): unknown {
  return instantKeys.has(key) && typeof value === 'number' ? isoInstant(value as Instant) : value
}

/** A clock is believed to be wrong by no more than this. */
const clockDriftMs = 3_600_000

/**
 * The records that can be true, newest first. What a run wrote while the clock was a year ahead would be the newest of all for
 * a year; so what is dated later than now counts for nothing until its time has come.
 */
export function* recordsUntil(journal: Journal, now: Instant): Generator<JournalRecord> {
  for (const record of journal.newestFirst()) if (isPast(record, now)) yield record
}

/** Whether a record can be true: its time has come. */
export const isPast = ({ at }: JournalRecord, now: Instant): boolean => at <= now + clockDriftMs

/** The newest run that began but has no end: it was killed, or the machine died. */
export function unfinishedRun(journal: Journal, now: Instant): { runId: string; at: Instant } | undefined {
  const ended = new Set<string>()
  let newest: { runId: string; at: Instant } | undefined
  for (const record of journal.newestFirst()) {
    // Its end has another time when the clock was set in between: of the future, or of a month long ago.
    if (record.type === 'run-ended') ended.add(record.runId)
    if (newest !== undefined && ended.has(newest.runId)) return undefined
    if (newest !== undefined || !isPast(record, now)) continue
    // The mirror of a journal ends before its last run does, on a machine that is gone.
    if (record.type === 'run-ended' || record.type === 'recovered') return undefined
    if (record.type !== 'run-began') continue
    if (ended.has(record.runId)) return undefined
    newest = { runId: record.runId, at: record.at }
  }
  return newest
}

/** The newest step of a component that made a point, be it with faults: some components never have one without. */
export function lastStepWithPoint(journal: Journal, component: string, now: Instant): StepResult | undefined {
  for (const record of recordsUntil(journal, now)) {
    if (record.type === 'step-ended' && record.result.component === component && record.result.point !== undefined)
      return record.result
  }
  return undefined
}

const hourMs = 3_600_000
const retentionEveryMs = 20 * hourMs

/** Nobody looks further back than this; a component that is new, or was long away, is due on its second day. */
const longAgoMs = 40 * 24 * hourMs

/**
 * Whether the retention of a component is due: once a day, and never on the first day of a site, on which nothing can be old.
 * Told from the journal alone, so that a backup costs nothing more when it isn't.
 */
export function isRetentionDue(journal: Journal, component: string, now: Instant): boolean {
  for (const record of recordsUntil(journal, now)) {
    if (record.at < now - longAgoMs) return false
    const isRecent = record.at > now - retentionEveryMs
    if (isRecent && record.type === 'retention-ended' && record.component === component) return false
    if (!isRecent && record.type === 'step-ended' && record.result.component === component) return true
  }
  return false
}
