import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { duration } from '../../domain/duration.ts'
import { toHoldfastError } from '../../domain/errors.ts'
import type { ContainerPlace, Place } from '../../places/place.ts'
import { serverLogSeenByOwner } from './data-directory.ts'
import type { ServerLog } from './port.ts'

/** The words of archive-push, a warning among those of the server. */
const droppedWords = 'dropped WAL file'

/** So much of the end of a server's log is looked through. */
const logBytes = 2 ** 20

/** The log of a server of this machine: undefined when there is no such file. */
export const logHere = (place: Place, dataDirectory: string, signal: AbortSignal): ServerLog => ({
  async saysDropped({ listedAt }) {
    let file: number | undefined
    try {
      const path = collectedLogOf(dataDirectory) ?? (await serverLogSeenByOwner(place, dataDirectory, signal))
      if (path === undefined) return undefined
      if (statSync(path).mtimeMs < listedAt) return false
      file = openSync(path, 'r')
      const { size } = fstatSync(file)
      const tail = Buffer.alloc(Math.min(size, logBytes))
      readSync(file, tail, 0, tail.length, size - tail.length)
      return tail.includes(droppedWords)
    } catch (error) {
      if (toHoldfastError(error).code === 'interrupted') throw error
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  },
})

/** Where the logging collector says that it writes: "stderr log/postgresql.log". */
function collectedLogOf(dataDirectory: string): string | undefined {
  try {
    const [, path] = /^stderr (.+)$/m.exec(readFileSync(join(dataDirectory, 'current_logfiles'), 'utf8')) ?? []
    return path === undefined ? undefined : resolve(dataDirectory, path)
  } catch {
    return undefined
  }
}

/** The last look may have come between the words of pgBackRest and the count of PostgreSQL. */
const logMarginMs = duration(1, 'm')

export interface ContainerLog {
  /** This machine, on which the client of docker or podman runs. */
  readonly here: Place
  readonly place: ContainerPlace
  readonly container: string
  readonly signal: AbortSignal
}

/**
 * The log of a container: what docker or podman kept of its output. Undefined when that doesn't speak of dropped WAL: the server
 * may log into a file inside, or the runtime keep nothing.
 */
export const logOfContainer = ({ here, place, container, signal }: ContainerLog): ServerLog => ({
  async saysDropped({ listedAt, readAt }) {
    let found: true | undefined
    const look = (line: string) => {
      if (line.includes(droppedWords)) found = true
    }
    try {
      // All since the listing would be read again with every watch.
      const since = Math.floor((Math.max(listedAt, readAt ?? 0) - logMarginMs) / 1000)
      const command = await place.clientCommand(['logs', '--since', String(since), container], signal)
      await here.run(command, { signal, deadlineMs: duration(30, 's'), onStdoutLine: look, onStderrLine: look })
    } catch (error) {
      if (toHoldfastError(error).code === 'interrupted') throw error
    }
    return found
  },
})
