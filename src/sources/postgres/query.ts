import { existsSync, readdirSync } from 'node:fs'
import { commandOf, type Command } from '../../domain/command.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Place } from '../../places/place.ts'
import type { Query, QueryOptions, ServerAddress } from './port.ts'

/** All that a question to a server needs beside the question. */
export interface Connection {
  readonly place: Place
  readonly address: ServerAddress
  /** Superuser. */
  readonly user: string
  /** Where nothing else is asked for. */
  readonly database: string
  readonly signal: AbortSignal
}

/** Queries through psql, as the owner of the cluster. */
export function queryOver(connection: Connection): Query {
  return async (sql, options = {}) => {
    const { place, address, signal } = connection
    const deadlineMs = options.deadlineMs ?? duration(1, 'm')
    const finished = await place.run(psqlCommand(connection, sql, options), { signal, deadlineMs, captureBytes: 2 ** 24 })
    if (finished.exitCode === 0) return finished.stdout.trim()
    // psql exits 2 when it cannot connect or loses the connection, 1 and 3 when the server rejects a statement.
    throw finished.exitCode === 2 ? noAnswer(address, finished.stderr) : rejected(finished.stderr)
  }
}

function psqlCommand({ place, address, ...connection }: Connection, sql: string, options: QueryOptions): Command {
  return commandOf(
    place.kind === 'local' ? psqlProgram() : 'psql',
    [
      '--no-psqlrc',
      '--no-password',
      '--tuples-only',
      '--no-align',
      '--quiet',
      '--set=ON_ERROR_STOP=1',
      `--host=${address.socketDirectory}`,
      `--port=${address.port}`,
      `--username=${connection.user}`,
      `--dbname=${connectionTo(options.database ?? connection.database)}`,
      `--command=${sql}`,
    ],
    { environment: { PGCONNECT_TIMEOUT: '10', PGOPTIONS: optionsText(options.variables ?? {}) }, user: address.owner },
  )
}

function noAnswer({ port, container }: ServerAddress, detail: string): HoldfastError {
  return new HoldfastError('postgres-down', `PostgreSQL on port ${port} does not answer`, {
    hint:
      container === undefined
        ? 'pg_lsclusters shows whether it runs; its log says why not'
        : `its log says why not: docker logs ${container}, or podman logs`,
    detail,
  })
}

const rejection = 'PostgreSQL rejected a query: '

const rejected = (detail: string): HoldfastError =>
  new HoldfastError('unexpected', `${rejection}${detail.split('\n')[0] ?? ''}`, { detail })

/** What the server said, without our words before it. */
export const rejectionOf = ({ message }: HoldfastError): string => message.replace(rejection, '')

/** A database whose name looks like a connection string would be taken for one. */
export const connectionTo = (database: string): string => `dbname='${database.replaceAll(/['\\]/g, String.raw`\$&`)}'`

/** `-c name=value`, with the spaces of a value escaped as libpq wants them. */
const optionsText = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
    .join(' ')

/** Debian's psql is a Perl script that finds the real one, and takes five times as long as it. */
function psqlProgram(): string {
  const versions = existsSync(debianPrograms) ? readdirSync(debianPrograms) : []
  const programs = versions
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => `${debianPrograms}/${version}/bin/psql`)
  return programs.find((program) => existsSync(program)) ?? 'psql'
}

const debianPrograms = '/usr/lib/postgresql'
