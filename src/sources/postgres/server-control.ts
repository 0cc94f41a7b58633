import { readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { commandOf, type Command } from '../../domain/command.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import { workingDirectoryOf } from '../../machine/processes.ts'
import { shellWord } from '../../places/command-text.ts'
import type { Place } from '../../places/place.ts'
import { debianCluster } from './debian.ts'
import { privatePrefix, privateSettings } from './restored/private-server.ts'
import { majorVersionOf, ownerOf, serverLogOf } from './data-directory.ts'
import type { PostgresServer, ServerControl } from './port.ts'
import { findServerPrograms } from './programs.ts'

/**
 * Whether a server runs in a data directory: its file of the process id outlives one that was killed. Where nobody lets us look what
 * process that is, it counts as one.
 */
export function runsIn(dataDirectory: string): boolean {
  try {
    const [pid] = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    return workingDirectoryOf(pid ?? '') === realpathSync(dataDirectory)
  } catch (error) {
    return isSystemError(error) && (error.code === 'EACCES' || error.code === 'EPERM')
  }
}

/** Whether the server that runs there is one of ours, to which nobody else gets: see preparePrivateDirectory. */
export function isPrivate(dataDirectory: string): boolean {
  try {
    const [, , , , socketDirectory = ''] = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    return basename(socketDirectory).startsWith(privatePrefix)
  } catch {
    return false
  }
}

/** The control of a server as it runs now: by Debian's own tool, which keeps its configuration elsewhere, or by pg_ctl. */
export function controlOf(place: Place, dataDirectory: string): ServerControl {
  const cluster = debianCluster(dataDirectory)
  if (cluster !== undefined) {
    const control = (action: string, ...options: string[]): Command =>
      commandOf('pg_ctlcluster', [...options, cluster.major, cluster.name, action])
    return { start: control('start'), stop: control('stop', '-m', 'fast'), restart: control('restart') }
  }
  return pgCtl(place, dataDirectory, { log: serverLogOf(dataDirectory), options: runningOptions(dataDirectory) })
}

/** A server of a restored copy, whose socket and log lie in a folder that only its owner gets into. */
export function privateControl(
  place: Place,
  dataDirectory: string,
  { socketDirectory, hba, log }: { readonly socketDirectory: string; readonly hba: string; readonly log: string },
): ServerControl {
  const settings = privateSettings({ privateDirectory: socketDirectory, hba }, 'off')
  return pgCtl(place, dataDirectory, { log, options: settings.map(shellWord).join(' ') })
}

function pgCtl(place: Place, dataDirectory: string, { log, options }: { log: string; options: string }): ServerControl {
  const owner = ownerOf(dataDirectory)
  const program = join(findServerPrograms(place, majorVersionOf(dataDirectory)), 'pg_ctl')
  const control = (...words: string[]): Command =>
    commandOf(program, ['-D', dataDirectory, '-w', '-s', '-t', '600', ...words], { user: owner })
  return {
    start: control('-l', log, ...(options === '' ? [] : ['-o', options]), 'start'),
    stop: control('-m', 'fast', 'stop'),
    restart: control('-m', 'fast', '-l', log, 'restart'),
  }
}

/** Stops whatever runs in a data directory, however it was started. */
export const pgCtlStop = (place: Place, dataDirectory: string): Command =>
  pgCtl(place, dataDirectory, { log: '/dev/null', options: '' }).stop

/** The configuration of a cluster where it lies outside of the data directory; undefined where it is in it. */
export async function configurationFileOf(
  dataDirectory: string,
  locate: () => Promise<Pick<PostgresServer, 'configurationFile'>>,
): Promise<string | undefined> {
  const cluster = debianCluster(dataDirectory)
  if (cluster !== undefined) return `${cluster.configuration}/postgresql.conf`
  return runsIn(dataDirectory) ? (await locate()).configurationFile() : undefined
}

/** What a server was started with beside its data directory: PostgreSQL writes it down, each word in double quotes. */
function runningOptions(dataDirectory: string): string {
  try {
    const words = [...readFileSync(join(dataDirectory, 'postmaster.opts'), 'utf8').matchAll(/"([^"]*)"/g)]
      .map(([, word]) => word as string)
      .filter((word, index, all) => word !== '-D' && all[index - 1] !== '-D')
    return words.map(shellWord).join(' ')
  } catch {
    return ''
  }
}

/** Starts or stops a server, and waits until that is done. Throws `postgres-down` with its last words. */
export async function runControl(
  place: Place,
  command: Command,
  what: string,
  signal: AbortSignal,
  hint = 'its log says why; pg_lsclusters shows what runs',
): Promise<void> {
  const finished = await place.run(command, { signal, deadlineMs: duration(11, 'm'), onStdoutLine: () => undefined })
  if (finished.exitCode === 0) return
  throw new HoldfastError('postgres-down', `${what} failed`, { hint, detail: finished.stderr })
}
