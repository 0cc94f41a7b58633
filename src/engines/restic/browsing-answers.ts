import { defined } from '../../domain/defined.ts'
import * as z from 'zod/mini'
import { parseInstant } from '../../domain/clock.ts'
import { bytes } from '../../domain/size.ts'
import type { ChangeKind, ChangeTotals, EntryChange, EntryKind, SnapshotEntry } from '../../domain/snapshot-entry.ts'
import { unreadable } from './answers.ts'

/** What `ls`, `find` and `diff` answer in JSON, checked at the edge. */

const nodeSchema = z.object({
  path: z.string(),
  type: z.string(),
  /** Absent from `find` for an empty file. */
  size: z.optional(z.number()),
  mtime: z.string(),
  linktarget: z.optional(z.string()),
})

/** `ls` begins with a line for the snapshot itself, which has no path. */
const listedSchema = z.union([nodeSchema, z.object({ struct_type: z.literal('snapshot') })])

const snapshotSchema = z.object({ snapshot: z.string() })

const changeSchema = z.object({ path: z.string(), modifier: z.string() })

const amountSchema = z.object({ files: z.number(), dirs: z.number(), others: z.number(), bytes: z.number() })

const totalsSchema = z.object({ changed_files: z.number(), added: amountSchema, removed: amountSchema })

const kinds: Readonly<Record<string, EntryKind>> = { file: 'file', dir: 'folder', symlink: 'link' }

/** One match of `find`. */
export const entryOf = (text: string): SnapshotEntry => read('a file', text, (answer) => entry(nodeSchema.parse(answer)))

/** Undefined for the line that tells of the snapshot itself. */
export function parseListedEntry(line: string): SnapshotEntry | undefined {
  return read('a snapshot’s files', line, (answer) => {
    const listed = listedSchema.parse(answer)
    return 'path' in listed ? entry(listed) : undefined
  })
}

function entry({ path, type, size, mtime, linktarget }: z.output<typeof nodeSchema>): SnapshotEntry {
  const kind = kinds[type] ?? 'other'
  return {
    path,
    kind,
    ...(kind === 'file' ? { sizeBytes: bytes(size ?? 0) } : {}),
    modifiedAt: parseInstant(mtime),
    ...defined({ linkTarget: linktarget }),
  }
}

/** The id of the snapshot whose matches came before. */
export const matchedSnapshot = (text: string): string =>
  read('where it found something', text, (answer) => snapshotSchema.parse(answer).snapshot)

/** By the letters of restic; `U`, new metadata with the same content, is no change to what is in it. */
const changes: readonly (readonly [string, ChangeKind])[] = [
  ['+', 'added'],
  ['-', 'removed'],
  ['T', 'replaced'],
  ['M', 'modified'],
]

export function parseChange(message: unknown): EntryChange | undefined {
  return check('what changed', message, () => {
    const { path, modifier } = changeSchema.parse(message)
    const [, change] = changes.find(([letter]) => modifier.includes(letter)) ?? []
    if (change === undefined) return undefined
    const folder = path.endsWith('/')
    return { change, path: folder ? path.slice(0, -1) : path, folder }
  })
}

export function parseTotals(message: unknown): ChangeTotals {
  const amount = ({ files, dirs, others, bytes: size }: z.output<typeof amountSchema>) => ({
    files: files + others,
    folders: dirs,
    sizeBytes: bytes(size),
  })
  return check('what changed', message, () => {
    const totals = totalsSchema.parse(message)
    return { modifiedFiles: totals.changed_files, added: amount(totals.added), removed: amount(totals.removed) }
  })
}

const read = <Answer>(what: string, text: string, understand: (answer: unknown) => Answer): Answer =>
  check(what, text, () => understand(JSON.parse(text)))

function check<Answer>(what: string, answer: unknown, understand: () => Answer): Answer {
  try {
    return understand()
  } catch (error) {
    throw unreadable(what, typeof answer === 'string' ? answer : JSON.stringify(answer), error)
  }
}
