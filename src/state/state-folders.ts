import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { instant, type Instant } from '../domain/clock.ts'
import type { HoldfastError } from '../domain/errors.ts'
import type { StateFile } from '../disk/state-file.ts'

/** The folders in which a site keeps what one process remembers for the next. */
export interface StateFolders {
  readonly stateDirectory: string
  /** In memory: it outlives processes, and no boot. It stands in while the state folder takes nothing. */
  readonly runtimeDirectory: string
}

const placesOf = ({ runtimeDirectory, stateDirectory }: StateFolders, name: string): readonly string[] =>
  [runtimeDirectory, stateDirectory].map((folder) => join(folder, name))

/** Undefined when there is none that can be used. A copy in memory is there only while it is the newer one. */
export function readState<Value>(kind: StateFile<Value>, folders: StateFolders, name: string): Value | undefined {
  for (const file of placesOf(folders, name)) {
    const value = kind.read(file)
    if (value !== undefined) return value
  }
  return undefined
}

/** A file that is there and cannot be used: why, and when it was written. */
export interface StateFault {
  readonly error: HoldfastError
  readonly at: Instant | undefined
}

export function stateFault<Value>(kind: StateFile<Value>, folders: StateFolders, name: string): StateFault | undefined {
  for (const file of placesOf(folders, name)) {
    const error = kind.fault(file)
    if (error === undefined) continue
    const writtenMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs
    return { error, at: writtenMs === undefined ? undefined : instant(writtenMs) }
  }
  return undefined
}

/**
 * Replaces a file as a whole. Where the state folder takes nothing, because its disk is full or has become read-only, it goes into
 * memory, and what kept it from the disk is given back. Throws the same when neither takes it.
 */
export function writeState<Value>(kind: StateFile<Value>, folders: StateFolders, name: string, value: Value): Error | undefined {
  const inMemory = join(folders.runtimeDirectory, name)
  try {
    kind.write(join(folders.stateDirectory, name), value)
  } catch (error) {
    try {
      kind.write(inMemory, value)
    } catch {
      throw error
    }
    return error as Error
  }
  rmSync(inMemory, { force: true })
  return undefined
}
