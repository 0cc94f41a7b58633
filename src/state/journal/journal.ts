import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { withInstantsWritten } from '../../contract/instants.ts'
import { isAhead, isoInstant, type Instant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import { appendLine } from '../../disk/append-line.ts'
import { readLinesBackward } from '../../disk/read-lines-backward.ts'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import { parseLine } from './record-line.ts'
import type { JournalRecord } from '../../contract/journal.ts'

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
    append(record) {
      const time = isoInstant(record.at)
      const line = JSON.stringify(record, withInstantsWritten)
      // No reader would take it, and each would have to pass over it.
      if (Buffer.byteLength(line) > longestLine)
        throw new HoldfastError('unexpected', `a record of the journal is too long: ${record.type}`)
      appendLine(join(directory, `${time.slice(0, 7)}.jsonl`), line, { file: 0o640, folder: 0o750 })
    },
    *newestFirst() {
      let reading = directory
      try {
        for (const month of monthsOf(directory).toReversed()) {
          reading = join(directory, month)
          for (const line of readLinesBackward(reading, longestLine)) {
            const record = parseLine(line)
            if (record !== undefined) yield record
          }
        }
      } catch (error) {
        if (!isSystemError(error)) throw error
        throw unreadable(reading, error)
      }
    },
  }
}

/** Many times what a record takes. Whatever is longer is none of ours, and is not held in memory. */
const longestLine = 8 * 2 ** 20

const unreadable = (file: string, cause: NodeJS.ErrnoException): HoldfastError =>
  new HoldfastError('journal-unreadable', `${file} cannot be read: ${cause.message}`, {
    hint: 'see to its owner and mode, and to its file system; moved away, it takes the history in it along',
    cause,
  })

function monthsOf(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name))
    .toSorted()
}

/**
 * The records that can be true, newest first. What a run wrote while the clock was a year ahead would be the newest of all for
 * a year; so what is dated later than now counts for nothing until its time has come.
 */
export function* recordsUntil(journal: Journal, now: Instant): Generator<JournalRecord> {
  for (const record of journal.newestFirst()) if (!isAhead(record.at, now)) yield record
}

/** The newest step of a component that made a point, be it with faults: some components never have one without. */
export function lastStepWithPoint(journal: Journal, component: string, now: Instant): StepResult | undefined {
  for (const record of recordsUntil(journal, now)) {
    if (record.type === 'step-ended' && record.result.component === component && record.result.point !== undefined)
      return record.result
  }
  return undefined
}
