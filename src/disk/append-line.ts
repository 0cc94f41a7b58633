import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder, syncFolder, writeWhole } from './replace-file.ts'

/**
 * Appends a line to a file, and has it on the disk before it returns. Throws when it doesn't fit as a whole, and then leaves none of it
 * behind. Several processes may append at once: each hands its line to the kernel in one piece, which puts it behind the others.
 */
export function appendLine(file: string, line: string, mode: { readonly file: number; readonly folder: number }): void {
  makeFolder(dirname(file), mode.folder)
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants
  const opened = openSync(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode.file)
  try {
    const stats = fstatSync(opened)
    if (!stats.isFile()) throw Object.assign(new Error(`EINVAL: '${file}' is not a regular file`), { code: 'EINVAL' })
    const { size } = stats
    // A power cut may have torn the last line: this one starts on a line of its own, whatever stands before it.
    const isTorn = size > 0 && readAt(opened, size - 1, 1)[0] !== 0x0a
    appendWhole(opened, Buffer.from(`${isTorn ? '\n' : ''}${line}\n`), file)
    fsyncSync(opened)
    if (size === 0) syncFolder(dirname(file))
  } finally {
    closeSync(opened)
  }
}

function appendWhole(opened: number, bytes: Uint8Array, file: string): void {
  let written = 0
  try {
    writeWhole(opened, bytes, file, (count) => (written += count))
  } catch (error) {
    takeBack(opened, bytes.subarray(0, written))
    throw error
  }
}

/** Cuts off a piece that is the last of the file; behind another process's line it stays, and readers pass over it. */
function takeBack(opened: number, piece: Uint8Array): void {
  if (piece.length === 0) return
  try {
    const begin = fstatSync(opened).size - piece.length
    if (begin >= 0 && readAt(opened, begin, piece.length).equals(piece)) ftruncateSync(opened, begin)
  } catch {
    // It stays, and the next line begins on a line of its own.
  }
}

function readAt(opened: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(opened, bytes, 0, length, position))
}
