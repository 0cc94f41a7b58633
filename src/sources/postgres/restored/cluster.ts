import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAhead, isoInstant, parseInstant, type Clock, type Instant } from '../../../domain/clock.ts'
import type { Command } from '../../../domain/command.ts'
import { HoldfastError, isHoldfastError } from '../../../domain/errors.ts'
import { duration } from '../../../domain/duration.ts'
import { makeTemporaryFolder } from '../../../machine/temporary-folder.ts'
import { BoundedText } from '../../../places/bounded-text.ts'
import type { Finished, Place } from '../../../places/place.ts'
import { majorVersionOf, ownerOf } from '../data-directory.ts'
import { readHeartbeat } from '../heartbeat.ts'
import type { Heartbeat, Query, QueryableServer, Reached, ServerAddress } from '../port.ts'
import { findServerPrograms } from '../programs.ts'
import { queryOver } from '../query.ts'
import { containsAllCommits } from '../reached.ts'
import { alwaysThere, createFileFor, port, preparePrivateDirectory, privatePrefix, privateSettings } from './private-server.ts'

/** What a restored cluster proved when it was started. */
export interface RestoredCluster {
  readonly majorVersion: string
  readonly databases: readonly { readonly name: string; readonly sizeBytes: number }[]
  /** In the server's words, such as `2026-01-26 06:30:04.512+00`; absent when no transaction was replayed. */
  readonly lastTransactionAt: string | undefined
  /** No commit came after the wanted time, so the cluster holds everything that was ever committed before it. */
  readonly endedBeforeTarget: boolean
  /** Everything that was committed before it is in the cluster; absent where there never was one. */
  readonly lastHeartbeat: Heartbeat | undefined
  /** When the named restore point was made that recovery stopped at. */
  readonly namedAt?: Instant
}

export interface StartOptions {
  readonly place: Place
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly dataDirectory: string
  /** Superuser of the cluster, and the database that holds the heartbeat. */
  readonly user: string
  readonly database: string
  readonly deadlineMs: number
  /** The last segment of WAL that is known to be in the archive on the wanted timeline; none when only the backup counts. */
  readonly lastWal: string | undefined
  /** What recovery was told to stop at: a time that no commit follows is reached at the end of the archive, a name is not. */
  readonly until: 'time' | 'name' | 'end'
  /**
   * `off` for copies, which must never archive into the repository of the live cluster. `held` for the live cluster itself:
   * what it has to archive waits until it is started for good.
   */
  readonly archiving: 'off' | 'held'
  /** The server's own configuration, where that lies outside of the data directory, as Debian keeps it. */
  readonly configurationFile?: string | undefined
  /** Where a folder for its socket is made; the usual folder for temporary files when left out. */
  readonly scratchDirectory?: string | undefined
  readonly report: (note: string) => void
}

/** A restored cluster that runs where nobody else can reach it. */
export interface PrivateServer extends QueryableServer {
  readonly cluster: RestoredCluster
  /** Whether all is in it that had been committed where another server had come to. */
  containsAllCommits(of: Reached): Promise<boolean>
  /** Stops it cleanly; throws `recovery-incomplete` when it can't be. */
  stop(): Promise<void>
}

/**
 * Starts a restored data directory where nobody else can reach it, waits until recovery is over, asks it a question, and
 * stops it cleanly. A `restore` that exits 0 proves nothing: only a server that answers after recovery does.
 *
 * Throws `recovery-incomplete` with the server's last words when it can't.
 */
export const proveRestoredCluster = (options: StartOptions): Promise<RestoredCluster> =>
  withRestoredServer(options, async ({ cluster }) => cluster)

/** The same, with something to do while the server runs; it dies with us. */
export async function withRestoredServer<Result>(
  options: StartOptions,
  work: (server: PrivateServer) => Promise<Result>,
): Promise<Result> {
  const { dataDirectory } = options
  const majorVersion = majorVersionOf(dataDirectory)
  const binaries = findServerPrograms(options.place, majorVersion)
  const owner = ownerOf(dataDirectory)
  if (options.configurationFile === undefined) completeConfiguration(dataDirectory)
  // A socket's path is limited to 107 bytes, so it can't lie in the target.
  const privateDirectory = makeTemporaryFolder(privatePrefix, options.scratchDirectory)
  try {
    const hba = preparePrivateDirectory(privateDirectory, dataDirectory)
    const start = (extra: readonly string[]) =>
      startServer(options, { majorVersion, binaries, owner, privateDirectory, hba, extra })
    let server: PrivateServer
    try {
      server = await start([])
    } catch (error) {
      // The wanted time lies in a window without holes, so whatever was committed before it is in the archive: when
      // PostgreSQL has read all of it and finds no commit after that time, the end of the archive is that same moment.
      if (!(options.until === 'time' && neverMetTarget(error))) throw error
      server = await start(['-c', 'recovery_target_time='])
      server = { ...server, cluster: { ...server.cluster, endedBeforeTarget: true } }
    }
    const result = await work(server).catch(async (error: unknown) => {
      await server.stop().catch(() => undefined)
      throw error
    })
    await server.stop()
    return result
  } finally {
    rmSync(privateDirectory, { recursive: true, force: true })
    // pg_ctl restart would repeat the private options that stand there.
    rmSync(join(dataDirectory, 'postmaster.opts'), { force: true })
  }
}

/** The server read all WAL that there is, and did not come by what it was to stop at. */
export const neverMetTarget = (error: unknown): boolean =>
  isHoldfastError(error) && /recovery ended before configured recovery target/.test(error.detail ?? '')

interface ServerStart {
  readonly majorVersion: string
  readonly binaries: string
  readonly owner: string | undefined
  readonly privateDirectory: string
  readonly hba: string
  readonly extra: readonly string[]
}

async function startServer(options: StartOptions, start: ServerStart): Promise<PrivateServer> {
  const { place, signal, dataDirectory } = options
  const asOwner = start.owner === undefined ? {} : { user: start.owner }
  const log = new BoundedText(20_000)
  let stoppedAtTarget = false
  let lastRestored = ''
  let lastTransactionAt: string | undefined
  let namedAt: Instant | undefined
  let stoppedBefore: Instant | undefined
  const own = new AbortController()
  let gone: Finished | undefined
  // A configuration may name the live one's directory, and that would be started.
  const data = ['-D', dataDirectory, '-c', `data_directory=${dataDirectory}`]
  const configuration = options.configurationFile === undefined ? [] : ['-c', `config_file=${options.configurationFile}`]
  const server = place
    .run(
      {
        program: join(start.binaries, 'postgres'),
        arguments: [...data, ...configuration, ...privateSettings(start, options.archiving), ...start.extra],
        environment: {},
        secretEnvironment: [],
        ...asOwner,
      },
      {
        signal: AbortSignal.any([signal, own.signal]),
        deadlineMs: options.deadlineMs,
        stopSignal: 'SIGINT',
        graceMs: 30_000,
        onStderrLine: (line) => {
          log.addLine(line)
          const restored = /restored log file "([0-9A-F]+)"/.exec(line)
          if (restored?.[1]?.length === segmentNameLength) {
            lastRestored = restored[1]
            options.report(`replaying WAL ${lastRestored}`)
          }
          stoppedAtTarget ||= /recovery stopping (?:before|after|at)/.test(line)
          const named = /recovery stopping at restore point ".*", time (\S+) (\S+)\+00$/.exec(line)
          if (named) namedAt = parseInstant(`${named[1]}T${named[2]}Z`)
          const before = /recovery stopping before (?:commit|abort) of transaction \d+, time (\S+) (\S+)\+00$/.exec(line)
          if (before) stoppedBefore = parseInstant(`${before[1]}T${before[2]}Z`)
          lastTransactionAt = /last completed transaction was at log time (.+)$/.exec(line)?.[1] ?? lastTransactionAt
        },
      },
    )
    .then((finished) => (gone = finished))
  // Whoever fails first decides; the other must not be left as an unhandled rejection.
  server.catch(() => undefined)

  const address: ServerAddress = { socketDirectory: start.privateDirectory, port, owner: start.owner }
  const query = queryOver({ place, address, user: options.user, database: alwaysThere, signal })
  const giveUp = async () => {
    own.abort(new HoldfastError('interrupted', 'the restored server was stopped'))
    await server.catch(() => undefined)
  }
  try {
    while (!(await answers(query))) {
      if (gone !== undefined) throw incomplete(log)
      await Promise.race([options.clock.sleep(150, signal), server])
    }
    if (!stoppedAtTarget) refuseShortRecovery(options.lastWal, lastRestored, log)
    if (stoppedBefore !== undefined && isAhead(stoppedBefore, options.clock.now())) throw metTheFuture(stoppedBefore, log)
    const databases = await askDatabases(query)
    const lastHeartbeat = await readHeartbeat(query, options.database)
    return {
      ...{ place, address, user: options.user, query },
      containsAllCommits: (of) => containsAllCommits(query, of),
      cluster: {
        majorVersion: start.majorVersion,
        databases,
        lastTransactionAt,
        lastHeartbeat,
        endedBeforeTarget: false,
        ...(namedAt === undefined ? {} : { namedAt }),
      },
      stop: async () => {
        try {
          const stopped = await place.run(stopCommand(start, dataDirectory), { signal, deadlineMs: duration(6, 'm') })
          if (stopped.exitCode !== 0) throw incomplete(log)
          await server
        } catch (error) {
          await giveUp()
          throw error
        }
      },
    }
  } catch (error) {
    await giveUp()
    throw error
  }
}

async function askDatabases(query: Query): Promise<RestoredCluster['databases']> {
  const answer = await query(
    "SELECT datname || E'\\t' || pg_database_size(oid) FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1",
  )
  return answer
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([name = '', size]) => ({ name, sizeBytes: Number(size) }))
}

function stopCommand({ binaries, owner }: Pick<ServerStart, 'binaries' | 'owner'>, dataDirectory: string): Command {
  return {
    program: join(binaries, 'pg_ctl'),
    arguments: ['-D', dataDirectory, '-m', 'fast', '-w', '-t', '300', 'stop'],
    environment: {},
    secretEnvironment: [],
    ...(owner === undefined ? {} : { user: owner }),
  }
}

async function answers(query: Query): Promise<boolean> {
  try {
    return (await query('SELECT NOT pg_is_in_recovery()')) === 't'
  } catch (error) {
    if (!isHoldfastError(error) || error.code !== 'postgres-down') throw error
    const refusal = /FATAL: +(.*(?:does not exist|not permitted to log in|pg_hba\.conf).*)/.exec(error.detail ?? '')?.[1]
    if (refusal === undefined) return false
    throw new HoldfastError('postgres-mismatch', `the restored server refuses the connection: ${refusal}`, {
      hint: 'user: under postgres: in holdfast.yaml names a superuser, who has to have been there at that time already',
    })
  }
}

/** Timeline, log and segment, eight hex digits each; history files have shorter names. */
const segmentNameLength = 24

/**
 * PostgreSQL takes a segment that can't be fetched for the end of the archive, whatever the reason: damage, a storage that
 * went away, a wrong key. It then starts as if all were well, with everything after that segment missing.
 */
function refuseShortRecovery(lastWal: string | undefined, lastRestored: string, log: BoundedText): void {
  if (lastWal === undefined || lastRestored.slice(8) >= lastWal.slice(8)) return
  throw new HoldfastError(
    'recovery-incomplete',
    `recovery ended after WAL segment ${lastRestored === '' ? 'of the backup itself' : lastRestored}, and the archive goes on to ${lastWal}: the segment behind it cannot be read`,
    {
      hint: 'what was restored is left where it is, and is not all there is; an earlier time may do: holdfast points',
      detail: log.toString(),
    },
  )
}

/**
 * PostgreSQL stops at the first commit that is dated after the wanted time. One that a wrong clock dated years ahead stops it
 * there, and whatever was committed behind it, at the right time, is not in the copy.
 */
function metTheFuture(stoppedBefore: Instant, log: BoundedText): HoldfastError {
  return new HoldfastError(
    'recovery-incomplete',
    `recovery stopped at a transaction that a wrong clock dated ${isoInstant(stoppedBefore).slice(0, 16)}Z: what was committed after it is not in the copy`,
    {
      hint: 'nothing is missing in the archive: restore the latest, without --at, or a time after the next base backup: holdfast points',
      detail: log.toString(),
    },
  )
}

function incomplete(log: BoundedText): HoldfastError {
  const words = log.toString()
  const fatal = words.split('\n').findLast((line) => /FATAL|PANIC/.test(line))
  return new HoldfastError(
    'recovery-incomplete',
    `the restored database does not start: ${fatal?.replace(/^.*?(FATAL|PANIC):\s*/, '') ?? 'it ended without a word'}`,
    {
      hint: 'the restored files are left where they are; another time or point may do: holdfast points',
      detail: words,
    },
  )
}

/**
 * Debian keeps a cluster's configuration in /etc, so its backup has none; without these files the copy could not be started
 * by hand. What is there already stays as it is.
 */
export function completeConfiguration(dataDirectory: string): void {
  const owner = statSync(dataDirectory)
  const files: Record<string, string> = {
    'postgresql.conf': [
      '# Written by holdfast restore: the backup held no postgresql.conf (Debian keeps it in /etc/postgresql).',
      "listen_addresses = ''",
      'max_prepared_transactions = 64',
      '',
    ].join('\n'),
    'pg_hba.conf': '# Written by holdfast restore.\nlocal all all peer\n',
    'pg_ident.conf': '',
  }
  for (const [name, text] of Object.entries(files)) {
    createFileFor(owner, join(dataDirectory, name), text)
  }
}
