import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isSystemError } from '../../domain/errors.ts'
import type { AppContext } from '../site/context.ts'

/**
 * A folder that a restore of ours works in, remembered in the state of the site until it is finished or removed. What is not
 * remembered here is somebody's own, and is never restored over or removed.
 */
export interface RestoreMark {
  readonly component: string
  readonly kind: 'directory' | 'temporary'
  readonly folder: string
  /** Device and inode: a folder that was put in its place since is another one. */
  readonly identity: string | undefined
}

const marksFolder = (context: Pick<AppContext, 'stateDirectory'>): string => join(context.stateDirectory, 'restores')

/** The name of a folder may hold anything and be long; that of its mark may not. */
const fileOf = (context: Pick<AppContext, 'stateDirectory'>, folder: string): string =>
  join(marksFolder(context), `${createHash('sha256').update(folder).digest('hex').slice(0, 32)}.json`)

function identityOf(folder: string): string | undefined {
  const stats = lstatSync(folder, { throwIfNoEntry: false, bigint: true })
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined
}

/** Remembers a folder that is there, before anything is written into it. */
export function markFolder(context: Pick<AppContext, 'stateDirectory'>, mark: Omit<RestoreMark, 'identity'>): void {
  const file = fileOf(context, mark.folder)
  mkdirSync(marksFolder(context), { recursive: true, mode: 0o700 })
  const text = JSON.stringify({ ...mark, identity: identityOf(mark.folder) } satisfies RestoreMark)
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** The mark of a folder, when it is there and still the same folder. */
export function markOf(context: Pick<AppContext, 'stateDirectory'>, folder: string): RestoreMark | undefined {
  const mark = readMark(fileOf(context, folder))
  return mark?.folder === folder && mark.identity === identityOf(folder) ? mark : undefined
}

export function forgetFolder(context: Pick<AppContext, 'stateDirectory'>, folder: string): void {
  rmSync(fileOf(context, folder), { force: true })
}

/** All folders that are remembered and still there, of one component. */
export function markedFolders(
  context: Pick<AppContext, 'stateDirectory'>,
  component: string,
  kind: RestoreMark['kind'],
): RestoreMark[] {
  return entriesOf(marksFolder(context))
    .filter((name) => name.endsWith('.json'))
    .map((name) => readMark(join(marksFolder(context), name)))
    .filter((mark): mark is RestoreMark => mark?.component === component && mark.kind === kind)
    .filter((mark) => mark.identity === identityOf(mark.folder))
}

function readMark(file: string): RestoreMark | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RestoreMark
  } catch {
    // Not there, or torn by a crash: then nothing is known of the folder, which is the careful answer.
    return undefined
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return []
    throw error
  }
}
