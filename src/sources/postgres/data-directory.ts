import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import { systemErrorText } from '../../domain/system-error-text.ts'
import { commandOf } from '../../domain/command.ts'
import { duration } from '../../domain/duration.ts'
import type { PostgresSource } from '../../domain/site.ts'
import { accountOf } from '../../machine/accounts.ts'
import { errorOutputOf } from '../../machine/processes.ts'
import type { Place } from '../../places/place.ts'
import type { ClusterOwner, ServerAddress } from './port.ts'

/** Major version of a data directory, such as `15`. */
export function majorVersionOf(dataDirectory: string): string {
  return readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim()
}

/** The same where the live cluster may be gone; then Debian's own folders still tell by their name. */
export function knownMajorVersionOf(dataDirectory: string): string | undefined {
  try {
    return majorVersionOf(dataDirectory)
  } catch {
    return /^\/var\/lib\/postgresql\/(\d+)\//.exec(dataDirectory)?.[1]
  }
}

/** Name of the owner of a data directory, also when that is ourselves; Debian's own user for clusters where there is none. */
export function clusterUser(dataDirectory: string): string {
  const stats = statSync(dataDirectory, { throwIfNoEntry: false })
  return stats === undefined ? 'postgres' : userName(stats.uid)
}

/** The user to act as: the owner of the data directory, unless that is ourselves. */
export function ownerOf(path: string): string | undefined {
  const { uid } = statSync(path)
  return uid === process.getuid?.() ? undefined : userName(uid)
}

function userName(uid: number): string {
  return accountOf(uid)?.name ?? String(uid)
}

/**
 * The group that commands of a user run with. A data directory may belong to another one, whose members must not read what
 * is written for its owner.
 */
function primaryGroupOf(uid: number): number {
  return accountOf(uid)?.gid ?? uid
}

/**
 * The owner of a data directory. Where a disaster left none: Debian's own user for clusters when we are root, which
 * PostgreSQL refuses to run as, else ourselves.
 */
export function clusterOwner(dataDirectory: string): ClusterOwner {
  const stats = statSync(dataDirectory, { throwIfNoEntry: false })
  if (stats !== undefined) return { uid: stats.uid, gid: primaryGroupOf(stats.uid), user: ownerOf(dataDirectory) }
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  if (uid !== 0) return { uid, gid, user: undefined }
  const account = accountOf('postgres')
  if (account !== undefined) return { uid: account.uid, gid: account.gid, user: account.name }
  throw new HoldfastError('program-missing', 'there is no user postgres on this machine, so PostgreSQL is not installed', {
    hint: 'apt-get install postgresql',
  })
}

/**
 * Finds where the server of a data directory listens: from its own postmaster.pid (lines 4 and 5), or from the
 * configuration. Throws `source-missing` when the directory isn't one, `postgres-down` when no server runs in it.
 */
export function locateHere(source: Pick<PostgresSource, 'dataDirectory' | 'port' | 'socketDirectory'>): ServerAddress {
  let owner: string | undefined
  try {
    majorVersionOf(source.dataDirectory)
    owner = ownerOf(source.dataDirectory)
  } catch (error) {
    if (!isSystemError(error)) throw error
    const isEmpty = error.code === 'ENOENT' && existsSync(source.dataDirectory)
    const why = isEmpty ? 'it has no file PG_VERSION' : systemErrorText(error)
    throw new HoldfastError('source-missing', `${source.dataDirectory} is not a PostgreSQL data directory: ${why}`, {
      hint: 'pg_lsclusters shows the data directories of this machine',
      cause: error,
    })
  }
  const running = readPostmaster(source.dataDirectory)
  const port = source.port ?? running?.port
  const socketDirectory = source.socketDirectory ?? running?.socketDirectory
  if (port === undefined || socketDirectory === undefined) {
    throw new HoldfastError('postgres-down', `no PostgreSQL runs in ${source.dataDirectory}`, {
      hint: 'start it: pg_ctlcluster, or systemctl start postgresql; its log says why it stopped',
    })
  }
  return { port, socketDirectory, owner }
}

function readPostmaster(dataDirectory: string): { port: number; socketDirectory: string } | undefined {
  try {
    const [, , , port, socketDirectory] = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    return port && socketDirectory ? { port: Number(port), socketDirectory: socketDirectory.trim() } : undefined
  } catch {
    return undefined
  }
}

/** The file that a running server's standard error goes to, so that a restart can keep writing there. */
export function serverLogOf(dataDirectory: string): string {
  try {
    return logAt(readlinkSync(standardErrorOf(dataDirectory))) ?? noLog
  } catch {
    return noLog
  }
}

/** The same behind the walls of a unit, where root is not told what the processes of others have open, but their owner is. */
export async function serverLogSeenByOwner(
  place: Place,
  dataDirectory: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = commandOf('readlink', [standardErrorOf(dataDirectory)], { user: ownerOf(dataDirectory) })
  const { stdout } = await place.run(command, { signal, deadlineMs: duration(10, 's'), captureBytes: 4096 })
  return logAt(stdout.replace(/\n$/, ''))
}

const noLog = '/dev/null'

function standardErrorOf(dataDirectory: string): string {
  const [pid] = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
  return errorOutputOf(pid ?? '')
}

/** A pipe (of the logging collector, or of a supervisor) isn't a file, and needs none. */
const logAt = (file: string): string | undefined => (statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined)
