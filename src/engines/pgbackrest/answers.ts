import * as z from 'zod/mini'
import { instant, type Instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import type { RestorePoint, RestorePointKind } from '../../domain/restore-point.ts'
import { bytes } from '../../domain/size.ts'
import { readPin } from '../pin-text.ts'
import { pinAnnotation } from './commands.ts'

/** What pgBackRest answers in JSON and says while it works, checked at the edge. */

const backupSchema = z.object({
  label: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  error: z.nullish(z.boolean()),
  /** The pgBackRest that made it. */
  backrest: z.nullish(z.object({ version: z.string() })),
  archive: z.object({ start: z.nullable(z.string()), stop: z.nullable(z.string()) }),
  database: z.object({ id: z.number() }),
  info: z.object({
    size: z.number(),
    delta: z.number(),
    // `delta-map` is there where files are stored in blocks.
    repository: z.object({ delta: z.number(), size: z.nullish(z.number()), 'delta-map': z.nullish(z.number()) }),
  }),
  lsn: z.nullish(z.object({ start: z.nullish(z.string()) })),
  reference: z.nullish(z.array(z.string())),
  prior: z.nullish(z.string()),
  annotation: z.nullish(z.record(z.string(), z.string())),
  timestamp: z.object({ start: z.number(), stop: z.number() }),
})

const stanzaSchema = z.object({
  backup: z.array(backupSchema),
  db: z.array(z.object({ id: z.number(), version: z.string(), 'system-id': z.string() })),
  status: z.object({ code: z.number(), message: z.string() }),
})

export type StanzaInfo = z.output<typeof stanzaSchema>

const setSchema = z.array(z.object({ backup: z.array(z.object({ 'error-list': z.nullish(z.array(z.string())) })) }))

const listSchema = z.record(
  z.string(),
  z.object({ type: z.string(), size: z.optional(z.number()), time: z.optional(z.number()) }),
)

/** Status codes of `info` (pgBackRest's info.c): what it tells instead of failing. */
export const stanzaStatus = { ok: 0, missingPath: 1, noBackups: 2, missingData: 3 } as const

function unreadable(what: string, text: string, cause: unknown): HoldfastError {
  return new HoldfastError('engine-output', `pgBackRest’s answer about ${what} could not be read`, {
    hint: 'this version may speak differently: holdfast setup plan shows which one is used',
    detail: text.slice(0, 2000),
    cause,
  })
}

export function parseInfo(text: string): StanzaInfo {
  try {
    // With a wrong passphrase the answer quotes what decryption made of a file, control characters and all.
    // oxlint-disable-next-line no-control-regex -- they are what this is about
    const readable = text.replaceAll(/[\u0000-\u001f]/g, ' ')
    // Sixty-four bits are more than a number of JavaScript's holds.
    const exact = readable.replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"')
    const [stanza] = z.tuple([stanzaSchema]).parse(JSON.parse(exact))
    return stanza
  } catch (error) {
    throw unreadable('its backups', text, error)
  }
}

export function parseErrorList(text: string): readonly string[] {
  try {
    return setSchema.parse(JSON.parse(text)).flatMap((stanza) => stanza.backup.flatMap((backup) => backup['error-list'] ?? []))
  } catch (error) {
    throw unreadable('one backup', text, error)
  }
}

const kinds = { full: 'full', diff: 'differential', incr: 'incremental' } as const satisfies Record<string, RestorePointKind>

export function pointsOf(info: StanzaInfo): RestorePoint[] {
  const ancestors = ancestorsOf(info)
  return info.backup
    .map((backup): RestorePoint => ({
      id: backup.label,
      kind: kinds[backup.type],
      beganAt: instant(backup.timestamp.start * 1000),
      // Times are whole seconds, cut: the backup was consistent at some moment within the second.
      endedAt: instant((backup.timestamp.stop + 1) * 1000),
      sizeBytes: bytes(backup.info.size),
      addedBytes: bytes(backup.info.repository.delta),
      dependsOn: [...(ancestors.get(backup.label) ?? [])],
      hasErrors: backup.error ?? false,
      tags: [],
      ...(backup.annotation?.[pinAnnotation] === undefined ? {} : { pin: readPin(backup.annotation[pinAnnotation]) }),
      ...(backup.archive.start === null ? {} : { timeline: Number.parseInt(backup.archive.start.slice(0, 8), 16) }),
      ...archiveNameOf(backup, info),
    }))
    .toSorted((one, other) => one.endedAt - other.endedAt)
}

function archiveNameOf(backup: StanzaInfo['backup'][number], info: StanzaInfo): Pick<RestorePoint, 'archive'> {
  const cluster = info.db.find(({ id }) => id === backup.database.id)
  return cluster === undefined ? {} : { archive: archiveOf(cluster) }
}

/** The name of a cluster's archive. */
export const archiveOf = ({ id, version }: StanzaInfo['db'][number]): string => `${version}-${id}`

/**
 * What has to stay for a backup to stay: those whose files it takes, and the ones that it was made after, from which it may
 * take no file at all. pgBackRest removes it together with any of these. Labels sort by time, so bases come first.
 */
function ancestorsOf(info: StanzaInfo): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const { label, reference, prior } of info.backup.toSorted((one, other) => (one.label < other.label ? -1 : 1))) {
    const direct = [...(reference ?? []), ...(prior === null || prior === undefined ? [] : [prior])]
    found.set(label, new Set(direct.flatMap((base) => [...(found.get(base) ?? []), base])))
  }
  return found
}

/**
 * How many backups there are from one on, of whatever kind and database version: what pgBackRest's retention of the archive
 * counts in. Undefined when there is no such backup.
 */
export function backupsFrom(info: StanzaInfo, label: string): number | undefined {
  const labels = info.backup.map((backup) => backup.label)
  return labels.includes(label) ? labels.filter((other) => other >= label).length : undefined
}

/** A file of the repository: its path below what was listed, size in bytes, and time of last change. */
export interface RepositoryFile {
  readonly path: string
  readonly sizeBytes: number
  readonly changedAt: Instant
}

export function parseList(text: string): RepositoryFile[] {
  try {
    return Object.entries(listSchema.parse(JSON.parse(text)))
      .filter(([, entry]) => entry.type === 'file')
      .map(([path, entry]) => ({ path, sizeBytes: entry.size ?? 0, changedAt: instant((entry.time ?? 0) * 1000) }))
  } catch (error) {
    throw unreadable('the files of the repository', text, error)
  }
}

const unitBytes: Record<string, number> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }

/** Adds up the lines that name files, such as `backup file /data/base/1/2 (bundle 1/0, 8KB, 5.2%) checksum …`. */
export class FileProgress {
  private doneBytes = 0
  private doneFiles = 0

  /** The progress after this line, or undefined when the line tells none. */
  read(line: string): Progress | undefined {
    const match = /DETAIL: (?:backup|restore) file (.+?) \((?:bundle [^,]+, )?([\d.]+)(B|KB|MB|GB|TB), ([\d.]+)%\)/.exec(line)
    if (match) {
      const [, current = '', amount, unit = 'B', percent] = match
      this.doneBytes += Math.round(Number(amount) * (unitBytes[unit] ?? 1))
      this.doneFiles += 1
      const share = Number(percent) / 100
      return {
        current,
        doneBytes: this.doneBytes,
        doneFiles: this.doneFiles,
        ...(share > 0 ? { totalBytes: Math.max(this.doneBytes, Math.round(this.doneBytes / share)) } : {}),
      }
    }
    if (/wait for all WAL segments to archive/.test(line)) return { note: 'waiting for the last WAL to be archived' }
    return undefined
  }
}

/** The words of a warning, without time and process: `P00   WARN: …`. */
export function warningOf(line: string): string | undefined {
  return /P\d+\s+WARN: (.*)$/.exec(line)?.[1]
}
