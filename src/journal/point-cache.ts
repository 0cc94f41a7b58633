import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Instant } from '../domain/clock.ts'
import type { RecoveryWindow, RestorePoint } from '../domain/restore-point.ts'

/** What an engine said of one component's restore points, and when it was asked. */
export interface PointSighting {
  readonly askedAt: Instant
  readonly points: readonly RestorePoint[]
  readonly windows: readonly RecoveryWindow[] | undefined
  /** Bytes that the repository takes, where that was asked too. */
  readonly repositoryBytes: number | undefined
}

/** Remembers answers of the engines, so that `status` is instant. A cache: it may be deleted at any time. */
export interface PointCache {
  read(component: string): PointSighting | undefined
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
      mkdirSync(directory, { recursive: true, mode: 0o750 })
      const draft = `${fileOf(component)}.new`
      writeFileSync(draft, JSON.stringify(sighting), { mode: 0o640 })
      renameSync(draft, fileOf(component))
    },
  }
}
