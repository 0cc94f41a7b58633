import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Instant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import { errorRecord, toHoldfastError } from '../../domain/errors.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import type { PostgresComponent, Site } from '../../domain/site.ts'
import type { ContainerPlace, Place } from '../../places/place.ts'
import type { ErrorSighting } from '../../policy/health.ts'
import { readArchiver } from '../../sources/postgres/archiver.ts'
import { findServer } from '../../sources/postgres/container/look-inside.ts'
import { serverLogSeenByOwner } from '../../sources/postgres/data-directory.ts'
import type { WatchContext } from './context.ts'
import type { DatabaseMemory } from '../evidence/watch-memory.ts'

/** Asks the server of a database how its archiving goes. Whatever comes instead of an answer is what was seen. */
export async function lookAtArchiving(
  { placeOf, signal, site }: WatchContext,
  component: PostgresComponent,
  now: Instant,
  before: DatabaseMemory | undefined,
): Promise<ArchivingSighting | ErrorSighting> {
  const { source } = component
  const place = placeOf(component)
  try {
    const seenBefore = before?.archiving
    const sightingBefore = seenBefore !== undefined && 'xid' in seenBefore ? seenBefore : undefined
    const server = await findServer(place, source, signal)
    const sighting = await readArchiver(place, server, source, { signal, now, before: sightingBefore })
    return {
      ...sighting,
      mayDrop: sighting.mayDrop || configurationDrops(configurationOf(site, component)),
    }
  } catch (thrown) {
    const error = errorRecord(thrown)
    if (error.code === 'interrupted') throw thrown
    return { seenAt: now, error }
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

/** The words of archive-push, a warning among those of the server. */
const droppedWords = 'dropped WAL file'

/** So much of the end of a server's log is looked through. */
const logBytes = 2 ** 20

/** Whether the log of a server speaks of WAL that pgBackRest dropped since an instant; undefined when there is no such file. */
export async function logSaysDropped(
  place: Place,
  dataDirectory: string,
  since: Instant,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  let file: number | undefined
  try {
    const path = collectedLogOf(dataDirectory) ?? (await serverLogSeenByOwner(place, dataDirectory, signal))
    if (path === undefined) return undefined
    if (statSync(path).mtimeMs < since) return false
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, logBytes))
    readSync(file, tail, 0, tail.length, size - tail.length)
    return tail.includes(droppedWords)
  } catch (error) {
    if (toHoldfastError(error).code === 'interrupted') throw error
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** The last look may have come between the words of pgBackRest and the count of PostgreSQL. */
const logMarginMs = duration(1, 'm')

/** Where a container logs. */
export interface ContainerLog {
  /** This machine, on which the client of docker or podman runs. */
  readonly here: Place
  readonly place: ContainerPlace
  readonly name: string
}

/**
 * The same of a container, by what docker or podman kept of its output. Undefined when that doesn't speak of it: the server may log
 * into a file inside, or the runtime keep nothing.
 */
export async function containerLogSaysDropped(
  { here, place, name }: ContainerLog,
  since: Instant,
  signal: AbortSignal,
): Promise<true | undefined> {
  let found: true | undefined
  const look = (line: string) => {
    if (line.includes(droppedWords)) found = true
  }
  try {
    const from = String(Math.floor((since - logMarginMs) / 1000))
    const command = await place.clientCommand(['logs', '--since', from, name], signal)
    await here.run(command, { signal, deadlineMs: duration(30, 's'), onStdoutLine: look, onStderrLine: look })
  } catch (error) {
    if (toHoldfastError(error).code === 'interrupted') throw error
  }
  return found
}

/** Where the logging collector says that it writes: "stderr log/postgresql.log". */
function collectedLogOf(dataDirectory: string): string | undefined {
  try {
    const [, path] = /^stderr (.+)$/m.exec(readFileSync(join(dataDirectory, 'current_logfiles'), 'utf8')) ?? []
    return path === undefined ? undefined : resolve(dataDirectory, path)
  } catch {
    return undefined
  }
}

/** The segment that a server believes archived; what it archives besides, labels and histories, names none. */
export function segmentOf(lastArchivedWal: string | undefined): string | undefined {
  return lastArchivedWal !== undefined && /^[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?$/.test(lastArchivedWal)
    ? lastArchivedWal.slice(0, 24)
    : undefined
}
