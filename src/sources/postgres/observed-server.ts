import { readArchiver } from './archiver.ts'
import { findServer, type FoundServer, type Whereabouts } from './found-server.ts'
import type { ObservedServer } from './port.ts'
import { queryOver } from './query.ts'
import { logHere, logOfContainer } from './server-log.ts'

/** Finds a server to be watched. Throws what `findServer` does. */
export const observe = async (whereabouts: Whereabouts): Promise<ObservedServer> => observed(await findServer(whereabouts))

export function observed(found: FoundServer): ObservedServer {
  const { here, place, address, user, source, signal } = found
  const query = queryOver(found)
  return {
    ...{ place, address, user, query },
    archiver: (look) => readArchiver(query, look),
    log:
      place.kind === 'container'
        ? logOfContainer({ here, place, container: source.container?.name ?? '', signal })
        : logHere(place, source.dataDirectory, signal),
  }
}
