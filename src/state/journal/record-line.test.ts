import { describe, expect, test } from 'vitest'
import { withInstantsWritten } from '../../contract/instants.ts'
import { journalRecord } from '../../contract/journal.ts'
import { samplesOf } from '../../../test/support/samples.ts'
import { parseLine } from './record-line.ts'

/** The reader of the journal is written by hand, because it is run at every prompt; the schema says what it has to read. */

const samples = samplesOf(journalRecord) as { type: string }[]

describe('a line of the journal', () => {
  test.each(samples.map((sample) => [sample.type, sample] as const))('%s is read as the schema reads it', (_, written) => {
    const record = parseLine(JSON.stringify(written))
    expect(record).toEqual(journalRecord.parse(written))
    expect(JSON.parse(JSON.stringify(record, withInstantsWritten))).toEqual(written)
  })

  test('is of every type that the schema has', () => {
    expect(new Set(samples.map(({ type }) => type)).size).toBe(journalRecord.def.options.length)
  })
})
