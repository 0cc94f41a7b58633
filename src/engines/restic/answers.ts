import { defined } from '../../domain/defined.ts'
import * as z from 'zod/mini'
import { HoldfastError } from '../../domain/errors.ts'
import { instant, parseInstant } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { bytes } from '../../domain/size.ts'
import { isPinTag, pinOfTags } from './pin-tag.ts'
import type { Snapshot } from './snapshot.ts'

/** What restic answers in JSON, checked at the edge. Keys that we don't use are left alone: versions add new ones. */

const summarySchema = z.object({
  snapshot_id: z.string().check(z.regex(/^[0-9a-f]{8,64}$/)),
  total_files_processed: z.number(),
  total_bytes_processed: z.number(),
  data_added: z.number(),
  /** After compression; from 0.17. */
  data_added_packed: z.optional(z.number()),
})

export type BackUpSummary = z.output<typeof summarySchema>

/** The first line is the snapshot itself, which has no path. */
const listedSchema = z.object({ path: z.optional(z.string()), type: z.optional(z.string()), size: z.optional(z.number()) })

const foundSchema = z.array(z.object({ matches: z.nullish(z.array(listedSchema)) }))

const triedSchema = z.object({ action: z.optional(z.string()), item: z.optional(z.string()) })

const usageSchema = z.object({ total_size: z.number() })

const countSchema = z.object({ total_size: z.number(), total_file_count: z.number() })

export function unreadable(what: string, text: string, cause: unknown): HoldfastError {
  return new HoldfastError('engine-output', `restic’s answer about ${what} could not be read`, {
    hint: 'this version of restic may speak differently: holdfast setup plan shows which one is used',
    detail: text.slice(0, 2000),
    cause,
  })
}

export function parseSummary(message: unknown): BackUpSummary {
  const parsed = summarySchema.safeParse(message)
  if (!parsed.success) throw unreadable('the backup', JSON.stringify(message), parsed.error)
  return parsed.data
}

/** Checked by hand: of a thousand zod takes 40 ms, all of this 15. Throws for anything else. */
function snapshotsIn(text: string): Snapshot[] {
  const answer: unknown = JSON.parse(text)
  if (Array.isArray(answer) && answer.every(isSnapshot)) return answer
  throw new TypeError('this is no list of snapshots')
}

function isSnapshot(value: unknown): value is Snapshot {
  if (!isObject(value)) return false
  const { id, time, tags, summary = {} } = value
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{64}$/.test(id) &&
    typeof time === 'string' &&
    areOptional(value, 'string', 'original', 'tree') &&
    (tags === undefined || tags === null || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) &&
    isObject(summary) &&
    areOptional(summary, 'string', 'backup_start', 'backup_end') &&
    areOptional(summary, 'number', 'total_bytes_processed', 'data_added', 'data_added_packed')
  )
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const areOptional = (fields: Fields, type: 'string' | 'number', ...keys: readonly string[]): boolean =>
  keys.every((key) => fields[key] === undefined || typeof fields[key] === type)

export function parseSnapshots(text: string): Snapshot[] {
  try {
    return snapshotsIn(text)
  } catch (error) {
    throw unreadable('its snapshots', text, error)
  }
}

export function parsePoints(text: string): RestorePoint[] {
  try {
    return snapshotsIn(text)
      .map(pointOf)
      .toSorted((one, other) => one.endedAt - other.endedAt)
  } catch (error) {
    throw unreadable('its snapshots', text, error)
  }
}

function pointOf(snapshot: Snapshot): RestorePoint {
  const { summary } = snapshot
  const tags = snapshot.tags ?? []
  const pin = pinOfTags(tags)
  const added = summary?.data_added_packed ?? summary?.data_added
  const beganAt = parseInstant(snapshot.time)
  // With --time a snapshot gets another date, and its summary doesn't.
  const durationMs =
    summary?.backup_start && summary.backup_end ? parseInstant(summary.backup_end) - parseInstant(summary.backup_start) : 0
  return {
    id: snapshot.id,
    kind: 'snapshot',
    beganAt,
    endedAt: instant(beganAt + durationMs),
    ...(summary?.total_bytes_processed === undefined ? {} : { sizeBytes: bytes(summary.total_bytes_processed) }),
    ...(added === undefined ? {} : { addedBytes: bytes(added) }),
    dependsOn: [],
    hasErrors: false,
    tags: tags.filter((tag) => !isPinTag(tag)),
    ...defined({ pin }),
  }
}

/** What a part of a snapshot holds. */
export interface PartSize {
  readonly found: boolean
  readonly sizeBytes: number
}

/** Out of the listing of a snapshot, a line of JSON for each thing in it: whether it names the path, and what lies below. */
export function sizeOfListed(text: string, path: string): PartSize {
  try {
    const listed = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => listedSchema.parse(JSON.parse(line)))
    const own = listed.filter((one) => one.path === path || one.path?.startsWith(`${path}/`))
    return { found: own.some((one) => one.path === path), sizeBytes: sumOf(own) }
  } catch (error) {
    throw unreadable('a snapshot’s files', text, error)
  }
}

/** The same out of what a pattern found. */
export function sizeOfFound(text: string): PartSize {
  try {
    const matches = foundSchema.parse(JSON.parse(text === '' ? '[]' : text)).flatMap((snapshot) => snapshot.matches ?? [])
    return { found: matches.length > 0, sizeBytes: sumOf(matches) }
  } catch (error) {
    throw unreadable('what a pattern finds', text, error)
  }
}

const sumOf = (listed: readonly { readonly size?: number | undefined }[]): number =>
  listed.reduce((sum, { size = 0 }) => sum + size, 0)

/** What a restore that only tried would have deleted. */
export function deletedIn(message: object): string | undefined {
  const tried = triedSchema.safeParse(message)
  return tried.success && tried.data.action === 'deleted' ? tried.data.item : undefined
}

/** What a restore of a snapshot brings; restic's count of files is one of folders and links too (seen with 0.14 and 0.18). */
export function parseCount(text: string): { entries: number; sizeBytes: number } {
  try {
    const { total_file_count: entries, total_size: sizeBytes } = countSchema.parse(JSON.parse(text))
    return { entries, sizeBytes }
  } catch (error) {
    throw unreadable('what a snapshot holds', text, error)
  }
}

export function parseUsage(text: string): number {
  try {
    return usageSchema.parse(JSON.parse(text)).total_size
  } catch (error) {
    throw unreadable('its size', text, error)
  }
}

interface StatusMessage {
  readonly message_type: 'status'
  readonly total_files?: number
  readonly total_bytes?: number
  readonly files_done?: number
  readonly bytes_done?: number
  readonly files_restored?: number
  readonly bytes_restored?: number
  readonly current_files?: readonly string[]
}

/** Status lines are for the eye only, so a field of the wrong type is passed over instead of failing a backup. */
export function progressOf(message: object): Progress {
  const status = message as StatusMessage
  const done = status.bytes_done ?? status.bytes_restored
  const files = status.files_done ?? status.files_restored
  const current = status.current_files?.[0]
  return {
    ...(typeof done === 'number' ? { doneBytes: done } : {}),
    ...(typeof status.total_bytes === 'number' ? { totalBytes: status.total_bytes } : {}),
    ...(typeof files === 'number' ? { doneFiles: files } : {}),
    ...(typeof status.total_files === 'number' ? { totalFiles: status.total_files } : {}),
    ...(typeof current === 'string' ? { current } : {}),
  }
}

/** The file and cause of an error message: 0.14 gives an object of Go's, 0.17 and later a text. */
export function fileErrorOf(message: object): { item: string; cause: string } {
  const { item, error } = message as { item?: unknown; error?: { message?: unknown; Err?: unknown; Op?: unknown } }
  const cause =
    typeof error?.message === 'string'
      ? error.message
      : typeof error?.Err === 'number'
        ? (errnoTexts[error.Err] ?? `${String(error.Op)} failed with errno ${error.Err}`)
        : 'could not be read'
  return { item: typeof item === 'string' ? item : 'a file', cause }
}

const errnoTexts: Record<number, string> = { 2: 'no such file or directory', 5: 'input/output error', 13: 'permission denied' }

export interface Message {
  readonly message_type: string
}

/** A line of JSON as an object with a `message_type`, or undefined for any other line. */
export function parseMessage(line: string): Message | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === 'object' &&
      message !== null &&
      'message_type' in message &&
      typeof message.message_type === 'string'
      ? (message as Message)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * What restic said on standard error, in words: from 0.17 on its complaints and its last words are JSON where its answers
 * are, and neither people nor tables of texts should have to read that.
 */
export function wordsOf(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => {
      const message = parseMessage(line)
      if (message?.message_type === 'exit_error' && 'message' in message) return String(message.message).trim()
      if (message?.message_type !== 'error') return line
      const { item, cause } = fileErrorOf(message)
      return `${item}: ${cause}`
    })
    .join('\n')
}
