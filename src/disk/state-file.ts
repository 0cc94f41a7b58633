import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { HoldfastError, isSystemError, type ErrorCode } from '../domain/errors.ts'
import { makeFolder, replaceFile } from './replace-file.ts'
import type { Shape } from './shape.ts'

/** What a kind of file holds, how it is kept, and what follows when one cannot be used. */
interface StateFileOptions<Value> {
  /** In messages: `the record of a restore in place`. */
  readonly what: string
  /** Raised with every change that older or newer code would misread; in the file it is `format`. */
  readonly version: number
  readonly shape: Shape<Value>
  readonly mode: number
  readonly folderMode: number
  readonly keep: 'durable' | 'cache'
  readonly limitBytes?: number
  /** Laid out in lines, because people read it too. */
  readonly isForPeople?: boolean
  /**
   * `ignored`: it counts as absent, because what it held is found out again. Otherwise reading throws this code, with what to do next:
   * what it held is known nowhere else.
   */
  readonly whenUnusable: 'ignored' | { readonly code: ErrorCode; readonly hint: (file: string) => string }
}

/** One kind of file that a process leaves to the next, as JSON with a version. */
export interface StateFile<Value> {
  /** Undefined when there is none. What follows when it cannot be used is up to its kind. */
  read(file: string): Value | undefined
  /** Why a file that is there cannot be used; undefined when it can, or when there is none. */
  fault(file: string): HoldfastError | undefined
  /** The same of a content that came from elsewhere, such as an object of a storage. */
  parse(content: Uint8Array): Parsed<Value>
  write(file: string, value: Value): void
  /** The content of such a file. */
  text(value: Value): string
}

export type Parsed<Value> = { readonly value: Value } | { readonly problem: string }

const usualLimitBytes = 16 * 2 ** 20

export function defineStateFile<Value extends object>(options: StateFileOptions<Value>): StateFile<Value> {
  const { what, version, shape, mode, folderMode, keep, limitBytes = usualLimitBytes, isForPeople, whenUnusable } = options

  const parse = (content: Uint8Array): Parsed<Value> => {
    if (content.length === 0) return { problem: 'is empty' }
    let parsed: unknown
    try {
      parsed = JSON.parse(Buffer.from(content).toString('utf8'))
    } catch {
      return { problem: 'is not JSON: it was cut off or overwritten' }
    }
    const { format: found, ...value } = (parsed ?? {}) as { readonly format?: unknown }
    if (typeof found === 'number' && found !== version) {
      return {
        problem: `was written by ${found > version ? 'a newer' : 'an older'} Holdfast (format ${found}, not ${version})`,
      }
    }
    return found === version && shape(value) ? { value } : { problem: 'does not hold what it should' }
  }

  const refuse = whenUnusable === 'ignored' ? undefined : whenUnusable
  const unusable = (file: string, problem: string): HoldfastError =>
    new HoldfastError(refuse?.code ?? 'state-unreadable', `${what}, ${file}, ${problem}`, {
      hint: refuse?.hint(file) ?? `it is written anew with the next change; if it cannot be: rm ${file}`,
    })

  const look = (file: string): Parsed<Value> | undefined => {
    const content = readContent(file, limitBytes)
    return content === undefined || 'problem' in content ? content : parse(content)
  }

  return {
    parse,
    text: (value) => `${JSON.stringify({ format: version, ...value }, undefined, isForPeople === true ? 2 : undefined)}\n`,
    fault(file) {
      const found = look(file)
      return found !== undefined && 'problem' in found ? unusable(file, found.problem) : undefined
    },
    read(file) {
      const found = look(file)
      if (found === undefined || 'value' in found) return found?.value
      if (refuse === undefined) return undefined
      throw unusable(file, found.problem)
    },
    write(file, value) {
      const content = Buffer.from(this.text(value))
      // What nobody would read again must not replace what is read.
      if (content.length > limitBytes)
        throw Object.assign(new Error(`EFBIG: ${what} is too large, write '${file}'`), { code: 'EFBIG' })
      makeFolder(dirname(file), folderMode)
      replaceFile(file, content, { mode, keep })
    },
  }
}

/** Undefined when there is no such file. What hangs when it is opened, or would fill the memory, is not read. */
function readContent(file: string, limitBytes: number): Uint8Array | { readonly problem: string } | undefined {
  try {
    const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = fstatSync(opened)
      if (!stats.isFile()) return { problem: 'is not a regular file' }
      if (stats.size > limitBytes) return { problem: `is larger than ${limitBytes / 2 ** 20} MB` }
      const content = Buffer.allocUnsafe(stats.size)
      let length = 0
      for (let read = 1; read > 0 && length < content.length; length += read) {
        read = readSync(opened, content, length, content.length - length, length)
      }
      return content.subarray(0, length)
    } finally {
      closeSync(opened)
    }
  } catch (error) {
    if (!isSystemError(error)) throw error
    return error.code === 'ENOENT' ? undefined : { problem: `cannot be read: ${error.message}` }
  }
}
