import { chownSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import type { Component } from '../domain/site.ts'
import type { AppContext } from './context.ts'
import type { RestoreWish } from './restore.ts'

/** Throws `target-exists` when the target is live data, lies in the storage, or holds something already. */
export function refuseTarget(context: AppContext, component: Component, wish: RestoreWish): void {
  const { storage } = context.site
  const target = realOf(wish.target)
  if (storage.kind === 'directory' && isWithin(target, realOf(storage.path))) {
    throw new HoldfastError('target-exists', `${wish.target} lies inside the storage ${storage.path}`, {
      hint: 'choose a folder outside of it with --to',
    })
  }
  const paths = component.source.kind === 'files' ? component.source.paths : [component.source.dataDirectory]
  const live = paths.find((path) => isWithin(target, realOf(path)))
  if (live !== undefined && !wish.overwrite) {
    throw new HoldfastError('target-exists', `${wish.target} lies inside ${live}, which is live data`, {
      hint: 'choose a folder outside of it with --to',
    })
  }
  const stats = lstatSync(wish.target, { throwIfNoEntry: false })
  if (stats === undefined) return
  const occupied = !statSync(wish.target, { throwIfNoEntry: false })?.isDirectory() || readdirSync(wish.target).length > 0
  if (!occupied || (wish.overwrite && component.source.kind === 'files')) return
  throw new HoldfastError('target-exists', `${wish.target} is not an empty folder`, {
    hint:
      component.source.kind === 'files'
        ? 'choose another one with --to; --overwrite restores over what is there'
        : 'a database needs a folder of its own: choose another one with --to',
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

/** Makes the folder to restore into, closed to others, and gives it to its owner. */
export function prepareTarget(target: string, owner: { uid: number; gid: number } | undefined): void {
  try {
    // The owner of a cluster has to get through every folder above; only the last one is closed to others.
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 })
    mkdirSync(target, { recursive: true, mode: 0o700 })
    if (owner !== undefined) chownSync(target, owner.uid, owner.gid)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('target-exists', `cannot make the folder ${target}: ${error.message}`, {
      hint: 'choose another one with --to',
      cause: error,
    })
  }
}
