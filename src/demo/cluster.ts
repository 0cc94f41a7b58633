import { appendFileSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf, type Command } from '../domain/command.ts'
import { duration } from '../domain/duration.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { Place } from '../places/place.ts'
import type { ServerAddress } from '../sources/postgres/port.ts'
import { findServerPrograms } from '../sources/postgres/programs.ts'
import { queryOver } from '../sources/postgres/query.ts'
import { databaseName } from './campaign.ts'

/** A PostgreSQL server of the demonstration's own, reachable only through a socket in its own folder. */
export interface Cluster {
  readonly dataDirectory: string
  readonly majorVersion: string
  /** Runs SQL in the campaign, or in another database, and gives what psql prints. */
  query(sql: string, database?: string): Promise<string>
  /** Runs a client program, such as pg_dump, against the campaign. */
  client(program: string, ...parameters: string[]): Promise<void>
  /** Stops it and starts it again, for settings that need it. */
  restart(): Promise<void>
  stop(): Promise<void>
}

interface ClusterOptions {
  readonly place: Place
  readonly signal: AbortSignal
  /** Holds the data directory, the socket and the log; made when absent. */
  readonly folder: string
}

const port = 5432

/** Makes and starts a new cluster. As root it belongs to postgres, as Debian does it; else to whoever runs this. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const majorVersion = newestServer(options.place)
  const dataDirectory = join(options.folder, 'data')
  prepareFolder(options.folder)
  const programs = findServerPrograms(options.place, majorVersion)
  const initdb = ['-D', dataDirectory, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  await run(options, { program: join(programs, 'initdb'), arguments: [...initdb, '--data-checksums'] })
  const settings = ["listen_addresses = ''", `unix_socket_directories = '${options.folder}'`, 'shared_buffers = 64MB']
  appendFileSync(join(dataDirectory, 'postgresql.conf'), `\n${settings.join('\n')}\n`)
  return startCluster({ ...options, dataDirectory, majorVersion })
}

/** Starts a data directory, such as a restored one, with its socket in the folder. */
export async function startCluster(
  options: ClusterOptions & { readonly dataDirectory: string; readonly majorVersion: string },
): Promise<Cluster> {
  const { place, signal, folder, dataDirectory, majorVersion } = options
  prepareFolder(folder)
  const programs = findServerPrograms(place, majorVersion)
  const control = (...parameters: string[]) =>
    run(options, { program: join(programs, 'pg_ctl'), arguments: ['-D', dataDirectory, '-w', '-s', ...parameters] })
  const owner = ownerName()
  const address: ServerAddress = { socketDirectory: folder, port, owner }
  const query = queryOver({ place, address, user: 'postgres', database: databaseName, signal })
  await control('-l', join(folder, 'postgresql.log'), '-o', `-k '${folder}' -p ${port}`, 'start')
  return {
    dataDirectory,
    majorVersion,
    query: (sql, database) => query(sql, { database }),
    client: (program, ...parameters) =>
      run(options, {
        program: join(programs, program),
        arguments: [`--host=${folder}`, `--port=${port}`, '--username=postgres', `--dbname=${databaseName}`, ...parameters],
      }),
    restart: () => control('-m', 'fast', '-l', join(folder, 'postgresql.log'), 'restart'),
    // Not with the demonstration's signal: what was started is stopped also after Ctrl-C.
    stop: () =>
      run(
        { place, signal: new AbortController().signal },
        { program: join(programs, 'pg_ctl'), arguments: ['-D', dataDirectory, '-m', 'immediate', '-s', 'stop'] },
      ),
  }
}

/** Debian's own user for clusters when we are root, which PostgreSQL refuses to run as. */
const ownerName = (): string | undefined => (process.getuid?.() === 0 ? 'postgres' : undefined)

function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (ownerName() === undefined) return
  const { uid, gid } = statSync('/var/lib/postgresql')
  chownSync(folder, uid, gid)
}

function newestServer(place: Place): string {
  const root = '/usr/lib/postgresql'
  const [newest] =
    statSync(root, { throwIfNoEntry: false }) === undefined
      ? []
      : readdirSync(root).toSorted((one, other) => Number(other) - Number(one))
  if (newest !== undefined && place.find(join(root, newest, 'bin/initdb')) !== undefined) return newest
  throw new HoldfastError('program-missing', 'the programs of a PostgreSQL server are not installed', {
    hint: 'apt-get install postgresql',
  })
}

async function run(
  { place, signal }: Pick<ClusterOptions, 'place' | 'signal'>,
  command: Pick<Command, 'program' | 'arguments'>,
): Promise<void> {
  const finished = await place.run(commandOf(command.program, command.arguments, { user: ownerName() }), {
    signal,
    deadlineMs: duration(2, 'm'),
  })
  if (finished.exitCode === 0) return
  throw new HoldfastError('unexpected', `${command.program} of the demonstration failed`, { detail: finished.stderr })
}
