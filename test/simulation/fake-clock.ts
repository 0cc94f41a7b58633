import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A clock that a server follows, however it jumps. */
export interface ServerClock {
  /** For a program that goes on running: it reads the distance anew each time it wants to know the time. */
  followingEnvironment(): Record<string, string>
}

/**
 * The one clock of a simulation: a distance to the real one, in whole seconds, that only grows in a simulation. Time goes on at its
 * usual pace between two jumps, and programs that run meanwhile jump along.
 *
 * The simulated time lies ahead of the real one, so that what the kernel dates with its own clock, such as a file, is never
 * of the future.
 */
export class FakeClock implements ServerClock {
  /** Holds the distance as libfaketime reads it: `+N`, in seconds. */
  readonly file: string
  private aheadSeconds = 0

  constructor(folder: string) {
    this.file = join(folder, 'clock')
    this.write()
  }

  now(): number {
    return Date.now() + this.aheadSeconds * 1000
  }

  /** Jumps to an instant, in milliseconds since 1970; one that has passed already changes nothing. */
  advanceTo(at: number): void {
    const ahead = Math.ceil((at - Date.now()) / 1000)
    if (ahead <= this.aheadSeconds) return
    this.goAhead(ahead)
  }

  /** Goes wrong by so many seconds, or right again with none: for a test of wrong clocks, back as well as ahead. */
  goAhead(seconds: number): void {
    this.aheadSeconds = seconds
    this.write()
  }

  /** For a program that ends before the next jump. */
  environment(): Record<string, string> {
    return { ...preload, FAKETIME: this.distance() }
  }

  followingEnvironment(): Record<string, string> {
    return { ...preload, FAKETIME_TIMESTAMP_FILE: this.file, FAKETIME_NO_CACHE: '1' }
  }

  private distance(): string {
    return `+${this.aheadSeconds}`
  }

  private write(): void {
    writeFileSync(`${this.file}.new`, this.distance(), { mode: 0o644 })
    renameSync(`${this.file}.new`, this.file)
  }
}

/** Timers run on the monotonic clock, which stays real; so do the times of files. */
export const preload = {
  LD_PRELOAD: libraryFile(),
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  NO_FAKE_STAT: '1',
}

function libraryFile(): string {
  const file = readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
    .find(existsSync)
  if (file === undefined) throw new Error('libfaketime is missing: sh scripts/setup.sh test')
  return file
}

/**
 * libfaketime keeps a semaphore for each process, and those of killed ones stay. A new process that gets the number of such
 * a one could not start.
 */
export function removeLeftSemaphores(): void {
  for (const name of readdirSync('/dev/shm')) {
    const pid = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join('/dev/shm', name), { force: true })
  }
}
