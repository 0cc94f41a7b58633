import type { Instant } from '../domain/clock.ts'
import type { ArchivingSighting } from '../domain/evidence.ts'
import { duration } from '../domain/duration.ts'

/** PostgreSQL looks at archive_timeout now and then, and not while it waits for the disk. */
const timeoutSlack = duration(1, 'm')

type Seen = Pick<
  ArchivingSighting,
  'seenAt' | 'finishedAt' | 'lastArchivedAt' | 'waiting' | 'oldestWaitingAt' | 'archiveTimeoutMs' | 'xidSince'
>

/**
 * How much a crash would have lost at that moment, machine and disk included, in milliseconds: the age at most of the oldest
 * commit that is not in the archive. 0 when nothing was committed that isn't, which is how an idle database looks, however long
 * ago its last segment was archived. Undefined when nothing was ever archived.
 *
 * @param archivedUntil when a run last saw that all was archived: a server that crashed has forgotten what it archived
 */
export function lossOf(seen: Seen, archivedUntil: Instant | undefined): number | undefined {
  const { seenAt, waiting, archiveTimeoutMs, xidSince } = seen
  const finishedAt = Math.max(seen.finishedAt ?? seen.lastArchivedAt ?? -Infinity, archivedUntil ?? -Infinity)
  if (finishedAt === -Infinity) return undefined
  // Every transaction is older than the end of the newest archived segment.
  if (xidSince <= finishedAt) return 0
  const openMs = archiveTimeoutMs === 0 ? Infinity : archiveTimeoutMs + timeoutSlack
  // A segment is closed so long after the first commit in it: had there been one, it would wait by now, or be archived.
  if (waiting === 0 && seenAt - xidSince > openMs) return 0
  // The oldest commit in a segment came at most so long before the segment was finished.
  const newestOpening = (waiting === 0 ? seenAt : (seen.oldestWaitingAt ?? finishedAt)) - openMs
  return Math.max(0, seenAt - Math.max(finishedAt, newestOpening))
}
