import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folders in which a site keeps what one process remembers for the next. */
export interface StateFolders {
  readonly stateDirectory: string
  /** In memory: it outlives processes, and no boot. It stands in while the state folder takes nothing. */
  readonly runtimeDirectory: string
}

/** The text of a file, undefined when there is none. A copy in memory is there only while it is the newer one. */
export const readStateFile = (folders: StateFolders, name: string): string | undefined =>
  textOf(join(folders.runtimeDirectory, name)) ?? textOf(join(folders.stateDirectory, name))

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Replaces a file as a whole. Where the state folder takes nothing, because its disk is full or has become read-only, it goes into
 * memory, and what kept it from the disk is given back. Throws the same when neither takes it.
 */
export function writeStateFile(folders: StateFolders, name: string, text: string, mode: number): Error | undefined {
  try {
    replace(folders.stateDirectory, name, text, mode)
  } catch (error) {
    try {
      replace(folders.runtimeDirectory, name, text, mode)
    } catch {
      throw error
    }
    return error as Error
  }
  rmSync(join(folders.runtimeDirectory, name), { force: true })
  return undefined
}

function replace(folder: string, name: string, text: string, mode: number): void {
  const draft = join(folder, `${name}.new`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  try {
    const file = openSync(draft, 'w', mode)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, join(folder, name))
  } catch (error) {
    // Half of it is of no use, and there is no room for it.
    rmSync(draft, { force: true })
    throw error
  }
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
