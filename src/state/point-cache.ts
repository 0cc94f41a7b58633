import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Instant } from '../domain/clock.ts'
import { isSystemError } from '../domain/errors.ts'
import type { RecoveryWindow, RestorePoint, UnreachableWal } from '../domain/restore-point.ts'

/** What an engine said of one component's restore points, and when it was asked. */
export interface PointSighting {
  readonly askedAt: Instant
  readonly points: readonly RestorePoint[]
  readonly windows: readonly RecoveryWindow[] | undefined
  readonly unreachable?: readonly UnreachableWal[] | undefined
  /** Bytes that the repository takes, where that was asked too. */
  readonly repositoryBytes: number | undefined
}

/** Remembers answers of the engines, so that `status` is instant. A cache: it may be deleted at any time. */
export interface PointCache {
  read(component: string): PointSighting | undefined
  /** Never fails for a file system that won't have it. */
  write(component: string, sighting: PointSighting): void
}

export function openPointCache(directory: string): PointCache {
  const fileOf = (component: string) => join(directory, `${component}.json`)
  return {
    read(component) {
      try {
        return JSON.parse(readFileSync(fileOf(component), 'utf8')) as PointSighting
      } catch {
        return undefined
      }
    },
    write(component, sighting) {
      try {
        mkdirSync(directory, { recursive: true, mode: 0o750 })
        const draft = `${fileOf(component)}.new`
        writeFileSync(draft, JSON.stringify(sighting), { mode: 0o640 })
        renameSync(draft, fileOf(component))
      } catch (error) {
        // A full or read-only disk costs `status` some freshness, which it shows; it must not turn a backup that was made, or
        // an answer that was given, into a failure.
        if (!isSystemError(error)) throw error
      }
    },
  }
}
