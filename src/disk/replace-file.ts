import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isSystemError } from '../domain/errors.ts'

interface ReplaceOptions {
  /** Of the new file, whatever the umask says. */
  readonly mode: number
  readonly owner?: { readonly uid: number; readonly gid: number }
  /**
   * `durable` is on the disk, under its name, before the call returns: a power cut in the next moment finds it. A `cache` may be lost or
   * empty after a power cut, and spares the disk two flushes.
   */
  readonly keep: 'durable' | 'cache'
}

/**
 * Replaces a file as a whole: whoever reads at any moment, and whatever ends this process, gets the old content or the new one. The draft
 * is made under a name of its own, never through a link, and is gone when anything fails. The folder must exist.
 */
export function replaceFile(file: string, content: string | Uint8Array, options: ReplaceOptions): void {
  put(file, content, options, renameSync)
}

/** Makes a file as a whole. False when that name is taken already, be it by a link that leads nowhere. */
export function createFile(file: string, content: string | Uint8Array, options: ReplaceOptions): boolean {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) return false
  try {
    // A link refuses a name that is taken, where a rename would replace it.
    put(file, content, options, linkSync)
    return true
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (error.code === 'EEXIST') return false
    // A file system without links, such as that of a stick: not whole at once, but never over what is there.
    if (error.code !== 'EPERM' && error.code !== 'ENOTSUP' && error.code !== 'ENOSYS') throw error
    return createDirectly(file, content, options)
  }
}

/** Renames a file or a folder, and has the new name on the disk before it returns. */
export function move(from: string, to: string): void {
  renameSync(from, to)
  syncFolder(dirname(to))
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from))
}

/** Writes over a file that others hold open or locked, so that another one must not take its place. A reader may see half of it. */
export function overwriteFile(file: string, content: string, mode: number): void {
  const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants
  const opened = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode)
  try {
    writeWhole(opened, content, file)
  } finally {
    closeSync(opened)
  }
}

/** Mode and owner of a file that is there already, for one that takes its place; else of a new one of ours. */
export function asBefore(file: string, mode: number): Pick<ReplaceOptions, 'mode' | 'owner'> {
  const before = lstatSync(file, { throwIfNoEntry: false })
  return before?.isFile() === true ? { mode: before.mode & 0o7777, owner: { uid: before.uid, gid: before.gid } } : { mode }
}

type GiveName = (draft: string, file: string) => void

function put(file: string, content: string | Uint8Array, options: ReplaceOptions, giveName: GiveName): void {
  const folder = dirname(file)
  const draft = join(folder, draftName())
  try {
    writeNew(draft, file, content, options)
    giveName(draft, file)
  } catch (error) {
    if (!isSystemError(error)) throw error
    // Whoever reads it knows the file, and not the draft.
    throw systemError(error, error.message.replaceAll(draft, file))
  } finally {
    // After a rename there is none; after anything else it is of no use, and there may be no room for it.
    rmSync(draft, { force: true })
  }
  if (options.keep === 'durable') syncFolder(folder)
}

function createDirectly(file: string, content: string | Uint8Array, options: ReplaceOptions): boolean {
  try {
    writeNew(file, file, content, options)
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    rmSync(file, { force: true })
    throw error
  }
  if (options.keep === 'durable') syncFolder(dirname(file))
  return true
}

/** @param path made here, or it is an error, even if it is a link */
function writeNew(path: string, file: string, content: string | Uint8Array, { mode, owner, keep }: ReplaceOptions): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  // Closed to others until it has its content, its owner and its mode.
  const opened = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    removeStaleDrafts(dirname(path), basename(path), fstatSync(opened).mtimeMs)
    writeWhole(opened, content, file)
    if (owner !== undefined) fchownSync(opened, owner.uid, owner.gid)
    fchmodSync(opened, mode)
    if (keep === 'durable') fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/**
 * Writes everything. The kernel may take less than it was given, as on a disk that fills up: that is no error until the rest is tried.
 *
 * @param file whom an error names
 * @param onWritten is told of every byte that is written, also before an error
 */
export function writeWhole(
  opened: number,
  content: string | Uint8Array,
  file: string,
  onWritten: (bytes: number) => void = () => undefined,
): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  try {
    for (let offset = 0; offset < bytes.length;) {
      const written = writeSync(opened, bytes, offset)
      if (written === 0) throw Object.assign(new Error('ENOSPC: nothing more can be written'), { code: 'ENOSPC' })
      offset += written
      onWritten(written)
    }
  } catch (error) {
    if (!isSystemError(error)) throw error
    // Node's own message of a failed write names no file.
    throw systemError(error, `${error.message} '${file}'`)
  }
}

const systemError = (cause: NodeJS.ErrnoException, message: string): NodeJS.ErrnoException =>
  Object.assign(new Error(message, { cause }), { code: cause.code })

/** Makes a folder and those above it, and has their names on the disk, so that what is written into it can be found after a power cut. */
export function makeFolder(folder: string, mode: number): void {
  const first = mkdirSync(folder, { recursive: true, mode })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

/** A new name is sure to be found after a power cut only once its folder is on the disk too. */
export function syncFolder(folder: string): void {
  const opened = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

const draftPattern = /^\.holdfast-draft-(\d+)-[\da-z]+$/

const draftName = (): string => `.holdfast-draft-${process.pid}-${Math.floor(Math.random() * 2 ** 48).toString(36)}`

const minuteMs = 60_000
const dayMs = 86_400_000

/**
 * Removes what killed processes left: drafts of a process that is gone. In a folder that machines share it may be one of another machine,
 * which has a minute to finish it. The time is that of the file system itself.
 */
function removeStaleDrafts(folder: string, own: string, nowMs: number): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = draftPattern.exec(name) ?? []
    if (pid === undefined || name === own) continue
    const ageMs = nowMs - (lstatSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? nowMs)
    if (ageMs <= minuteMs || (ageMs <= dayMs && isAlive(Number(pid)))) continue
    try {
      unlinkSync(join(folder, name))
    } catch {
      // Somebody else's folder, or another process was quicker: it is in nobody's way.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isSystemError(error) && error.code === 'EPERM'
  }
}
