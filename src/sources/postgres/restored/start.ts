import { defined } from '../../../domain/defined.ts'
import { join } from 'node:path'
import type { Clock } from '../../../domain/clock.ts'
import { commandOf, type Command } from '../../../domain/command.ts'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../../../domain/errors.ts'
import type { Place } from '../../../places/place.ts'
import { readHeartbeat } from '../heartbeat.ts'
import type { PrivateServer, Query, RestoredCluster, ServerAddress } from '../port.ts'
import { queryOver } from '../query.ts'
import { containsAllCommits } from '../reached.ts'
import { alwaysThere, port, privateSettings } from './private-server.ts'
import { RecoveryLog } from './recovery-log.ts'

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

/** What is the same for each try to start a cluster. */
interface ServerStart {
  readonly majorVersion: string
  readonly binaries: string
  readonly owner: string | undefined
  readonly privateDirectory: string
  readonly hba: string
  readonly extra: readonly string[]
}

/** Starts a restored cluster, waits until recovery is over, and asks what is in it. Throws `recovery-incomplete`. */
export async function startServer(options: StartOptions, start: ServerStart): Promise<PrivateServer> {
  const { place, signal, user, clock } = options
  const address: ServerAddress = { socketDirectory: start.privateDirectory, port, owner: start.owner }
  const query = queryOver({ place, address, user, database: alwaysThere, signal })
  const log = new RecoveryLog()
  const process = runServer(options, start, log)
  try {
    while (!(await acceptsConnections(query))) {
      if (process.hasEnded()) throw log.incomplete()
      await Promise.race([clock.sleep(150, signal), process.ended])
    }
    log.refuseEarlyEnd(options.lastWal, clock.now())
    const { lastTransactionAt, namedAt } = log
    return {
      ...{ place, address, user, query },
      cluster: {
        majorVersion: start.majorVersion,
        databases: await listDatabases(query),
        lastTransactionAt,
        lastHeartbeat: await readHeartbeat(query, options.database),
        endedBeforeTarget: false,
        ...defined({ namedAt }),
      },
      containsAllCommits: (of) => containsAllCommits(query, of),
      stop: () => stopServer(options, start, { log, process }),
    }
  } catch (error) {
    await process.giveUp()
    throw error
  }
}

interface ServerProcess {
  readonly ended: Promise<unknown>
  hasEnded(): boolean
  /** Ends it however it is, and waits until it is gone. */
  giveUp(): Promise<void>
}

function runServer(options: StartOptions, start: ServerStart, log: RecoveryLog): ServerProcess {
  const own = new AbortController()
  let hasEnded = false
  const ended = options.place
    .run(serverCommand(options, start), {
      signal: AbortSignal.any([options.signal, own.signal]),
      deadlineMs: options.deadlineMs,
      stopSignal: 'SIGINT',
      graceMs: 30_000,
      onStderrLine: (line) => {
        const restored = log.addLine(line)
        if (restored !== undefined) options.report(`replaying WAL ${restored}`)
      },
    })
    .then(() => (hasEnded = true))
  // Whoever fails first decides; the other must not be left as an unhandled rejection.
  ended.catch(() => undefined)
  return {
    ended,
    hasEnded: () => hasEnded,
    giveUp: async () => {
      own.abort(new HoldfastError('interrupted', 'the restored server was stopped'))
      await ended.catch(() => undefined)
    },
  }
}

function serverCommand({ dataDirectory, configurationFile, archiving }: StartOptions, start: ServerStart): Command {
  // A configuration may name the live one's directory, and that would be started.
  const data = ['-D', dataDirectory, '-c', `data_directory=${dataDirectory}`]
  const configuration = configurationFile === undefined ? [] : ['-c', `config_file=${configurationFile}`]
  return commandOf(
    join(start.binaries, 'postgres'),
    [...data, ...configuration, ...privateSettings(start, archiving), ...start.extra],
    { user: start.owner },
  )
}

async function stopServer(
  { place, signal, dataDirectory }: StartOptions,
  start: ServerStart,
  { log, process }: { readonly log: RecoveryLog; readonly process: ServerProcess },
): Promise<void> {
  try {
    const stopped = await place.run(stopCommand(start, dataDirectory), { signal, deadlineMs: duration(6, 'm') })
    if (stopped.exitCode !== 0) throw log.incomplete()
    await process.ended
  } catch (error) {
    await process.giveUp()
    throw error
  }
}

async function listDatabases(query: Query): Promise<RestoredCluster['databases']> {
  const answer = await query(
    "SELECT datname || E'\\t' || pg_database_size(oid) FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1",
  )
  return answer
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([name = '', size]) => ({ name, sizeBytes: Number(size) }))
}

function stopCommand({ binaries, owner }: Pick<ServerStart, 'binaries' | 'owner'>, dataDirectory: string): Command {
  return commandOf(join(binaries, 'pg_ctl'), ['-D', dataDirectory, '-m', 'fast', '-w', '-t', '300', 'stop'], { user: owner })
}

async function acceptsConnections(query: Query): Promise<boolean> {
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
