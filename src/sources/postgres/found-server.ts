import type { PostgresSource } from '../../domain/site.ts'
import type { Place } from '../../places/place.ts'
import { lookInside } from './container/look-inside.ts'
import { locateHere } from './data-directory.ts'
import type { ContainerFacts, SharedPath } from './port.ts'
import type { Connection } from './query.ts'

/** Where to look for a server. */
export interface Whereabouts {
  /** This machine. */
  readonly here: Place
  /** This machine, or inside the container. */
  readonly place: Place
  readonly source: PostgresSource
  readonly signal: AbortSignal
  /** What a container should see of this machine; the answer is in `ContainerFacts.shared`. */
  readonly paths?: readonly SharedPath[]
}

/** A server that was found, and has been asked nothing yet. */
export interface FoundServer extends Connection {
  readonly here: Place
  readonly source: PostgresSource
  readonly container: ContainerFacts | undefined
}

/**
 * Finds where the server of a source listens, here or in a container. Throws `source-missing` where there is no data directory,
 * `postgres-down` when no server runs in it, and what keeps a container from being entered.
 */
export async function findServer(whereabouts: Whereabouts): Promise<FoundServer> {
  const { here, place, source, signal, paths } = whereabouts
  const { user, database } = source
  const common = { here, place, source, signal, user, database }
  const { container } = source
  if (container === undefined) return { ...common, address: locateHere(source), container: undefined }
  return { ...common, ...(await lookInside(place, { ...source, container }, signal, paths)) }
}
