import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isSystemError } from '../domain/errors.ts'
import { object, oneOf, optional, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'

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

/** Whose state it is. */
interface StateOfSite {
  readonly stateDirectory: string
}

/** One that cannot be used counts as absent: then nothing is known of the folder, and it is left alone, which is the careful answer. */
export const restoreMarks = defineStateFile<RestoreMark>({
  what: 'the mark of a folder that is being restored',
  version: 1,
  shape: object<RestoreMark>({
    component: text,
    kind: oneOf('directory', 'temporary'),
    folder: text,
    identity: optional(text),
  }),
  mode: 0o600,
  folderMode: 0o700,
  keep: 'durable',
  whenUnusable: 'ignored',
})

const marksFolder = (site: StateOfSite): string => join(site.stateDirectory, 'restores')

/** The name of a folder may hold anything and be long; that of its mark may not. */
const fileOf = (site: StateOfSite, folder: string): string =>
  join(marksFolder(site), `${createHash('sha256').update(folder).digest('hex').slice(0, 32)}.json`)

function identityOf(folder: string): string | undefined {
  const stats = lstatSync(folder, { throwIfNoEntry: false, bigint: true })
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined
}

/** Remembers a folder that is there, before anything is written into it. */
export function markFolder(site: StateOfSite, mark: Omit<RestoreMark, 'identity'>): void {
  restoreMarks.write(fileOf(site, mark.folder), { ...mark, identity: identityOf(mark.folder) })
}

/** The mark of a folder, when it is there and still the same folder. */
export function markOf(site: StateOfSite, folder: string): RestoreMark | undefined {
  const mark = restoreMarks.read(fileOf(site, folder))
  return mark?.folder === folder && mark.identity === identityOf(folder) ? mark : undefined
}

export function forgetFolder(site: StateOfSite, folder: string): void {
  rmSync(fileOf(site, folder), { force: true })
}

/** All folders that are remembered and still there, of one component. */
export function markedFolders(site: StateOfSite, component: string, kind: RestoreMark['kind']): RestoreMark[] {
  return entriesOf(marksFolder(site))
    .filter((name) => name.endsWith('.json'))
    .map((name) => restoreMarks.read(join(marksFolder(site), name)))
    .filter((mark): mark is RestoreMark => mark?.component === component && mark.kind === kind)
    .filter((mark) => mark.identity === identityOf(mark.folder))
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return []
    throw error
  }
}
