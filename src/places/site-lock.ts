import { commandOf } from '../domain/command.ts'
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { overwriteFile } from '../disk/replace-file.ts'
import { isoInstant, longestTimerMs, type Clock } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import { holders, readHolder } from './lock-holder.ts'
import type { Place } from './place.ts'

export interface LockOptions {
  readonly place: Place
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly file: string
  /** What the holder does, for those who meet the lock: `backup`. */
  readonly verb: string
  /** How long to wait for another holder, in milliseconds; 0 gives up at once. */
  readonly waitMs: number
  readonly onWait: (holder: string) => void
}

const conflictExitCode = 11

/**
 * Runs something under the kernel's lock on a file. flock(1) takes it and becomes a `tail` that keeps it (its
 * heading, `==> file <==`, is the word that the lock is held) and dies with us whatever kills us; so a kill -9 leaves no lock behind, and nobody has to guess whether a process id is still the same
 * process. Throws `locked`, naming the holder.
 */
export async function withSiteLock<Result>(options: LockOptions, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o755 })
  closeToOthers(options.file)
  const held = (await tryLock(options, 0)) ?? (await waitForLock(options))
  try {
    const { pid } = process
    overwriteFile(options.file, holders.text({ pid, verb: options.verb, since: options.clock.now() }), 0o600)
    return await work()
  } finally {
    await held.release()
  }
}

/** Whoever can open it can hold it. What is wrong with a file that can't be made, flock tells. */
function closeToOthers(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  } catch {
    // As above.
  }
}

interface Held {
  release(): Promise<void>
}

async function waitForLock(options: LockOptions): Promise<Held> {
  const holder = holderText(options.file)
  if (options.waitMs > 0) {
    options.onWait(holder)
    const held = await tryLock(options, options.waitMs)
    if (held !== undefined) return held
  }
  throw new HoldfastError('locked', `another holdfast works on this site: ${holder}`, {
    hint: 'wait until it is done; holdfast backup --wait 30m does so by itself',
  })
}

async function tryLock(options: LockOptions, waitMs: number): Promise<Held | undefined> {
  const release = new AbortController()
  // Whoever is told to stop while he holds it has to end his work first, and puts something back perhaps.
  const stopWaiting = () => release.abort()
  if (options.signal.aborted) stopWaiting()
  options.signal.addEventListener('abort', stopWaiting, { once: true })
  let acquired: () => void = () => undefined
  const ready = new Promise<'held'>((resolve) => {
    acquired = () => {
      options.signal.removeEventListener('abort', stopWaiting)
      resolve('held')
    }
  })
  const process = options.place.run(
    commandOf('flock', [
      ...(waitMs === 0 ? ['--nonblock'] : ['--timeout', String(waitMs / 1000)]),
      '--conflict-exit-code',
      String(conflictExitCode),
      '--no-fork',
      options.file,
      'tail',
      '--follow',
      '--verbose',
      '--lines=0',
      options.file,
    ]),
    {
      signal: release.signal,
      deadlineMs: longestTimerMs,
      onStdoutLine: (line) => {
        if (line.startsWith('==>')) acquired()
      },
    },
  )
  const ended = process.catch((error: unknown) => {
    if (release.signal.aborted) return undefined
    throw error
  })
  const first = await Promise.race([ready, ended])
  if (first === 'held') {
    return {
      release: async () => {
        release.abort()
        await ended
      },
    }
  }
  if (options.signal.aborted) throw new HoldfastError('interrupted', 'stopped while waiting for the lock')
  if (first?.exitCode === conflictExitCode) return undefined
  throw new HoldfastError('unexpected', `cannot lock ${options.file}: ${first?.stderr ?? ''}`, {
    hint: 'check owner and mode of the state folder',
  })
}

function holderText(file: string): string {
  const holder = readHolder(file)
  if (holder === undefined) return 'a process that has not written its name yet'
  return `${holder.verb}, process ${holder.pid}, since ${isoInstant(holder.since).slice(0, 19)}Z`
}
