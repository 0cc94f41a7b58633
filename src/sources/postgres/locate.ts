import { realpathSync } from 'node:fs'
import { findServer, type FoundServer, type Whereabouts } from './found-server.ts'
import { commitHeartbeat, readHeartbeat } from './heartbeat.ts'
import { observed } from './observed-server.ts'
import type { PostgresServer, ServerControl } from './port.ts'
import { archiveUntilNow, refuseUnready } from './readiness.ts'
import { readReached } from './reached.ts'
import { readServerClock } from './server-clock.ts'
import { controlOf } from './server-control.ts'
import { readServerFacts } from './server-facts.ts'

/** Finds the live server of a source, here or in a container. Throws what `findServer` does. */
export const locate = async (whereabouts: Whereabouts): Promise<PostgresServer> => liveServer(await findServer(whereabouts))

export function liveServer(found: FoundServer): PostgresServer {
  const { source, container } = found
  const server = observed(found)
  const { query } = server
  const facts = () => readServerFacts(query)
  const commit = (writer: string) => commitHeartbeat(query, source.heartbeat, writer)
  return {
    ...server,
    container,
    facts,
    commit,
    requireReady: async () => refuseUnready(source, await facts()),
    clock: () => readServerClock(query),
    heartbeat: () => readHeartbeat(query),
    archiveUntilNow: async (work) => archiveUntilNow({ query, signal: found.signal }, work, await commit(work.writer)),
    reached: () => readReached(query),
    configurationFile: () => configurationFileOf(found, query),
    reload: async () => void (await query('SELECT pg_reload_conf()')),
    control: () => controlFor(found),
  }
}

/** A container's folders aren't this machine's, so their links say nothing here. */
async function configurationFileOf(
  { source, container }: FoundServer,
  query: PostgresServer['query'],
): Promise<string | undefined> {
  const real = container === undefined ? realpathSync : (path: string) => path
  const file = await query('SHOW config_file')
  return real(file).startsWith(`${real(container?.dataDirectory ?? source.dataDirectory)}/`) ? undefined : file
}

async function controlFor({ here, place, source, signal }: FoundServer): Promise<ServerControl> {
  const { container, dataDirectory } = source
  if (place.kind === 'local' || container === undefined) return controlOf(here, dataDirectory)
  const { name } = container
  const client = (...words: string[]) => place.clientCommand(words, signal)
  return {
    start: await client('start', name),
    stop: await client('stop', '-t', '120', name),
    restart: await client('restart', name),
  }
}
