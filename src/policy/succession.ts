import type { Instant } from '../domain/clock.ts'
import type { ClusterIdentity } from '../domain/restore-point.ts'

/** What is known when a repository meets a cluster. */
export interface Meeting {
  /** The cluster that the repository takes backups of. */
  readonly known: ClusterIdentity
  readonly server: ClusterIdentity
  /** When this component's heartbeat in the server was written; undefined when there is none, or somebody else's. */
  readonly heartbeatAt: Instant | undefined
  /** The segments that the server writes and that the archive ends with; undefined when not known. */
  readonly currentWal: string | undefined
  readonly lastWal: string | undefined
}

/**
 * Whether a cluster is the repository's own, came out of that one (by pg_upgrade, or a dump), or is a stranger. Each initdb and
 * pg_upgrade gives a new number, so the number alone tells an upgrade from a mistyped data directory no better than chance.
 *
 * - `heartbeat`: it holds the heartbeat of this component, which only data of the old cluster can hold;
 * - `wal`: a later major version whose WAL goes on behind the archive's, as pg_upgrade sees to: a new cluster begins at 1.
 */
export function successionOf(meeting: Meeting): 'same' | 'stranger' | 'heartbeat' | 'wal' {
  const { known, server, heartbeatAt, currentWal, lastWal } = meeting
  if (known.systemId === server.systemId && known.majorVersion === server.majorVersion) return 'same'
  if (heartbeatAt !== undefined) return 'heartbeat'
  const isLater = Number(server.majorVersion) > Number(known.majorVersion)
  const goesOn = currentWal !== undefined && lastWal !== undefined && currentWal.slice(8) > lastWal.slice(8)
  return isLater && goesOn ? 'wal' : 'stranger'
}
