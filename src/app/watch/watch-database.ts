import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Instant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import { errorRecord } from '../../domain/errors.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import type { PostgresComponent, Site } from '../../domain/site.ts'
import type { ErrorSighting } from '../../policy/health.ts'
import type { ServerLog } from '../../sources/postgres/port.ts'
import type { WatchContext } from './context.ts'
import type { DatabaseMemory } from '../../state/watch-memory.ts'

/** What the server of a database answered, or what came instead; and its log, where it could be found. */
export interface ArchivingLook {
  readonly archiving: ArchivingSighting | ErrorSighting
  readonly log?: ServerLog
}

/** Asks the server of a database how its archiving goes. Whatever comes instead of an answer is what was seen. */
export async function lookAtArchiving(
  { serverOf, site }: Pick<WatchContext, 'serverOf' | 'site'>,
  component: PostgresComponent,
  now: Instant,
  before: DatabaseMemory | undefined,
): Promise<ArchivingLook> {
  try {
    const seenBefore = before?.archiving
    const sightingBefore = seenBefore !== undefined && 'xid' in seenBefore ? seenBefore : undefined
    const server = await serverOf(component)
    const sighting = await server.archiver({ now, before: sightingBefore })
    const mayDrop = sighting.mayDrop || configurationDrops(configurationOf(site, component))
    return { archiving: { ...sighting, mayDrop }, log: server.log }
  } catch (thrown) {
    const error = errorRecord(thrown)
    if (error.code === 'interrupted') throw thrown
    return { archiving: { seenAt: now, error } }
  }
}

/** Where the configuration of pgBackRest lies on this machine. */
function configurationOf({ file }: Site, { name, source }: PostgresComponent): string {
  return join(dirname(file), 'pgbackrest', source.container === undefined ? `${name}.conf` : `${name}/pgbackrest.conf`)
}

function configurationDrops(file: string): boolean {
  try {
    return /^\s*archive-push-queue-max\s*=/m.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

/** Every run asks; a day without one is not left without a look at the archive. */
const askedEvery = duration(26, 'h')

/** Where nothing tells whether pgBackRest dropped WAL, it may be asked so often. */
const askedEveryWithDrops = duration(1, 'h')

/**
 * Why the archive has to be listed to know whether WAL is lost, or undefined when nothing speaks for it: a listing costs requests,
 * and a watch comes every five minutes.
 *
 * @param listing when anybody last did, and whether WAL was missing then: a gap is believed when it is seen again
 */
export async function reasonToAsk(
  sighting: ArchivingSighting | ErrorSighting,
  before: DatabaseMemory | undefined,
  listing: { readonly askedAt: Instant; readonly hasGap: boolean } | undefined,
  saysDropped: () => Promise<boolean | undefined>,
): Promise<string | undefined> {
  // As long as nothing gets through, nothing new is to be seen there.
  if ('error' in sighting || sighting.isFailing || !sighting.isOn || listing === undefined) return undefined
  if (before?.unlisted !== undefined) return before.unlisted
  const { seenAt, waiting, failedCount, mayDrop, lastArchivedWal } = sighting
  if (listing.hasGap) return 'a gap was seen'
  const sinceMs = seenAt - listing.askedAt
  if (sinceMs > askedEvery) return 'nobody has for a day'
  if (before?.failedCountThen !== undefined && failedCount !== before.failedCountThen && waiting === 0)
    return 'archiving failed, and works again'
  if (!mayDrop || lastArchivedWal === before?.archivedThen) return undefined
  const dropped = await saysDropped()
  if (dropped ?? sinceMs > askedEveryWithDrops) return 'pgBackRest may drop WAL'
  return undefined
}

/** The segment that a server believes archived; what it archives besides, labels and histories, names none. */
export function segmentOf(lastArchivedWal: string | undefined): string | undefined {
  return lastArchivedWal !== undefined && /^[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?$/.test(lastArchivedWal)
    ? lastArchivedWal.slice(0, 24)
    : undefined
}
