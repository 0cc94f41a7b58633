import { lchownSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync, type Stats } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { HoldfastError, isSystemError } from '../../../domain/errors.ts'
import { systemErrorText } from '../../../domain/system-error-text.ts'
import { isDatabase, localPaths, type Component } from '../../../domain/site.ts'
import type { AppContext } from '../../site/context.ts'
import { markOf } from '../../../state/restore-marks.ts'
import type { TargetState } from '../plan.ts'
import { tablespaceFolder } from '../../../engines/database-port.ts'

type TargetContext = Pick<AppContext, 'site' | 'stateDirectory'>

interface TargetRules {
  readonly overwrite?: boolean
  readonly isDrill?: boolean
  /** Who has to own a folder of a database that is there already. */
  readonly owner?: Owner | undefined
}

/**
 * Throws `target-exists` when the target is live data, lies in the storage, or holds something already. Gives back what it
 * holds: nothing, or what an earlier restore of this component left unfinished there.
 */
export function refuseTarget(
  context: TargetContext,
  component: Component,
  folder: string,
  { overwrite = false, isDrill = false, owner }: TargetRules = {},
): TargetState {
  // A component may hold the very state that drills restore into.
  refuseLive(context, component, folder, overwrite || isDrill)
  const mark = markOf(context, folder)
  if (mark?.component === component.name && mark.kind === 'directory') return 'partial'
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  const occupied =
    stats !== undefined && (!statSync(folder, { throwIfNoEntry: false })?.isDirectory() || readdirSync(folder).length > 0)
  if (!occupied && isDatabase(component)) refuseTablespaces(tablespaceFolder(folder))
  if (stats === undefined) return 'empty'
  if (!occupied && owner !== undefined) refuseOwner(folder, owner)
  if (!occupied || (overwrite && component.source.kind === 'files')) return 'empty'
  throw new HoldfastError('target-exists', `${folder} is not an empty folder`, {
    hint:
      component.source.kind === 'files'
        ? 'choose another one with --to; --overwrite restores over what is there'
        : 'a database needs a folder of its own: choose another one with --to',
  })
}

/** Throws `target-exists` for what lies in the storage or in live data. */
export function refuseLive(context: Pick<AppContext, 'site'>, component: Component, path: string, mayBeLive = false): void {
  const { storage } = context.site
  const target = realOf(path)
  if (storage.kind === 'directory' && isWithin(target, realOf(storage.path))) {
    throw new HoldfastError('target-exists', `${path} lies inside the storage ${storage.path}`, {
      hint: 'choose a folder outside of it with --to',
    })
  }
  const { source } = component
  // What lies in a container is no path of this machine; its volumes are refused as folders that hold something.
  const live = localPaths(source).find((one) => isWithin(target, realOf(one)))
  if (live === undefined || mayBeLive) return
  throw new HoldfastError('target-exists', `${path} lies inside ${live}, which is live data`, {
    hint: 'choose a folder outside of it with --to',
  })
}

/** The copy's tablespaces get a folder that the restore makes; one that is there already is somebody's. */
function refuseTablespaces(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return
  throw new HoldfastError('target-exists', `${folder} exists already, and the tablespaces would go there`, { hint: newFolder })
}

const newFolder = 'name with --to a folder that does not exist yet'

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A folder that was there before is never given to another owner. */
function refuseOwner(target: string, owner: Owner): void {
  if (statSync(target).uid === owner.uid) return
  throw new HoldfastError('target-exists', `${target} exists already and does not belong to the owner of the cluster`, {
    hint: newFolder,
  })
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`)
}

function realOf(path: string): string {
  const absolute = resolve(path)
  try {
    return realpathSync(absolute)
  } catch {
    const parent = dirname(absolute)
    return parent === absolute ? absolute : join(realOf(parent), absolute.slice(parent.length))
  }
}

/**
 * Makes the folder to restore into, closed to others, and gives it to its owner. A folder that was there before stays as it
 * is; throws `target-exists` when it isn't the owner's.
 */
export function prepareTarget(target: string, owner: Owner | undefined): void {
  try {
    // The owner of a cluster has to get through every folder above; only the last one is closed to others.
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 })
    const made = madeFolder(target)
    if (owner === undefined) return
    if (made) lchownSync(target, owner.uid, owner.gid)
    else refuseOwner(target, owner)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('target-exists', `cannot make the folder ${target}: ${systemErrorText(error)}`, {
      hint: 'choose another one with --to',
      cause: error,
    })
  }
}

/** False when the folder was there already. */
function madeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST' && statSync(path).isDirectory()) return false
    throw error
  }
}

/**
 * restic writes through a symbolic link that stands where a folder should be, and into every name of a file with several;
 * so a restore over what a folder holds could change files outside of it. Throws `target-exists` naming the first such.
 *
 * @param paths absolute on the source; each is written to the same path below the target
 */
export function refuseLinks(target: string, paths: readonly string[]): void {
  for (const path of paths) {
    const place = join(target, path)
    for (let folder = dirname(place); isWithin(folder, target) && folder !== target; folder = dirname(folder)) {
      if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) throw leadsOut(folder)
    }
    const stats = lstatSync(place, { throwIfNoEntry: false })
    if (stats !== undefined) refuseLinksIn(place, stats)
  }
}

function refuseLinksIn(path: string, stats: Stats): void {
  if (stats.isSymbolicLink() || (!stats.isDirectory() && stats.nlink > 1)) throw leadsOut(path)
  if (!stats.isDirectory()) return
  for (const name of readdirSync(path)) {
    const inside = join(path, name)
    refuseLinksIn(inside, lstatSync(inside))
  }
}

const leadsOut = (path: string): HoldfastError =>
  new HoldfastError('target-exists', `${path} is a link, and what is written over it may land elsewhere`, {
    hint: 'restore into an empty folder with --to, and copy from there',
  })
