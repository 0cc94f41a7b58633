import { parseInstant, type Instant } from '../../domain/clock.ts'
import type { StepOutcome } from '../../domain/events.ts'
import type { JournalRecord } from '../../contract/journal.ts'

/** What instants are in the file. */
type Written<Record> = Record extends object
  ? { readonly [Key in keyof Record]: Record[Key] extends Instant ? string : Written<Record[Key]> }
  : Record

/** A record out of its line in the journal; undefined for what is none. */
export function parseLine(line: string): JournalRecord | undefined {
  if (line === '') return undefined
  try {
    const written: unknown = JSON.parse(line)
    return isRecord(written) ? readRecord(written) : undefined
  } catch {
    // Torn by a crash in the middle of writing it: what it told is lost, what stands around it isn't.
    return undefined
  }
}

/** Turns the times of a record back into instants, one by one: a reviver would be called for every value of every line. */
function readRecord(written: Written<JournalRecord>): JournalRecord {
  const at = parseInstant(written.at)
  switch (written.type) {
    case 'step-ended':
      return { ...written, at, result: { ...written.result, beganAt: parseInstant(written.result.beganAt) } }
    case 'run-ended':
      return { ...written, at, result: { ...written.result, beganAt: parseInstant(written.result.beganAt) } }
    case 'drilled': {
      const { beganAt, point, ...rest } = written.result
      const own = point === undefined ? {} : { point: { ...point, endedAt: parseInstant(point.endedAt) } }
      return { ...written, at, result: { ...rest, ...own, beganAt: parseInstant(beganAt) } }
    }
    case 'clock-confirmed':
      return { ...written, at, newestTrace: parseInstant(written.newestTrace) }
    default:
      return { ...written, at }
  }
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Whether a value has what is read of a record of its type. By hand, and no deeper than that: `status` reads months of this at
 * every prompt.
 */
function isRecord(value: unknown): value is Written<JournalRecord> {
  if (!isObject(value)) return false
  switch (value['type']) {
    case 'run-began':
      return areText(value, 'at', 'runId')
    case 'step-ended':
      return areText(value, 'at', 'runId') && isStep(value['result'])
    case 'drilled':
      return areText(value, 'at') && isDrill(value['result'])
    case 'run-ended':
      return areText(value, 'at', 'runId') && isObject(value['result'])
    case 'restored':
    case 'pinned':
    case 'unpinned':
    case 'set-up':
    case 'recovered':
      return areText(value, 'at')
    case 'retention-began':
      return areText(value, 'at', 'component') && isListOf(value['points'], (item) => typeof item === 'string')
    case 'point-removed':
      return areText(value, 'at', 'component', 'point', 'reason')
    case 'retention-ended':
      return areText(value, 'at', 'component')
    case 'notice':
      return areText(value, 'at', 'channel', 'kind', 'outcome')
    case 'clock-confirmed':
      return areText(value, 'at', 'newestTrace')
    default:
      return false
  }
}

function isStep(value: unknown): boolean {
  return (
    isObject(value) &&
    areText(value, 'component', 'engine', 'to', 'beganAt') &&
    outcomes.has(value['outcome']) &&
    typeof value['durationMs'] === 'number' &&
    (value['point'] === undefined || (isObject(value['point']) && areText(value['point'], 'id', 'kind'))) &&
    ['from', 'healed', 'warnings'].every((key) => isListOf(value[key], (item) => typeof item === 'string')) &&
    isListOf(value['errors'], (item) => isObject(item) && areText(item, 'code', 'message')) &&
    isListOf(value['sources'], (item) => isObject(item) && areText(item, 'path', 'kind'))
  )
}

function isDrill(value: unknown): boolean {
  return (
    isObject(value) &&
    areText(value, 'component', 'engine', 'outcome', 'beganAt') &&
    typeof value['durationMs'] === 'number' &&
    (value['point'] === undefined || (isObject(value['point']) && areText(value['point'], 'id', 'kind', 'endedAt'))) &&
    isListOf(value['notes'], (item) => typeof item === 'string') &&
    isListOf(value['assertions'], (item) => isObject(item) && areText(item, 'what'))
  )
}

const outcomes: ReadonlySet<unknown> = new Set<StepOutcome>(['done', 'partial', 'failed', 'interrupted'])

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const areText = (fields: Fields, ...keys: readonly string[]): boolean => keys.every((key) => typeof fields[key] === 'string')

const isListOf = (value: unknown, isItem: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(isItem)
