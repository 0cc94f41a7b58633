import { dirname, join } from 'node:path'
import { instant, isoInstant, type Instant } from '../../domain/clock.ts'
import { duration, formatDuration } from '../../domain/duration.ts'
import { errorRecord, isHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import type { Check, CheckKind } from '../../domain/evidence.ts'
import { isDatabase, type Component, type Site } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import type { Boot, FreeSpace, Machine } from '../../machine/port.ts'
import { livingHolder } from '../../places/lock-holder.ts'
import { clockFault, lookAtClock, type ClockSighting } from '../../policy/clock-jump.ts'
import { inPlaceFile, inPlaceRecords } from '../../state/in-place-record.ts'
import { lockFileOf } from '../site/context.ts'
import { spareOf } from '../component/free-space.ts'
import type { RecentHistory } from '../evidence/recent-history.ts'

/** What a watch looks at that is no component's objective: the machine, its disks, and what processes left there. */

type Look = Pick<Check, 'kind' | 'component' | 'said' | 'since'>

const well = (look: Look, seenAt: Instant): Check => ({ ...look, seenAt })
const wrong = (look: Look, seenAt: Instant, error: ErrorRecord): Check => ({ ...look, seenAt, error })

export function readClock({ id: bootId, uptimeMs }: Boot, now: Instant, before: ClockSighting | undefined): ClockSighting {
  return lookAtClock({ at: now, bootId, uptimeMs }, before)
}

export function clockCheck(clock: ClockSighting, newestTrace: Instant | undefined): Check {
  const look = { kind: 'clock', component: undefined, said: 'has not jumped, and nothing is dated later' } as const
  const message = clockFault(clock, newestTrace)
  if (message === undefined) return well(look, clock.at)
  const since = clock.jumpedAt === undefined ? {} : { since: clock.jumpedAt }
  const hint = 'look at the date of this machine; if it is right, holdfast retention apply --clock-is-right says so'
  return wrong({ ...look, ...since }, clock.at, { code: 'clock-doubtful', message, hint })
}

/** Whatever takes less is none of anybody's business, however quick the runs before were. */
const shortestHang = duration(3, 'h')

/** How many times as long as the longest one that went well. */
const hangFactor = 3

/**
 * Work that goes on for too long, or a run that was killed or stopped. Who holds the lock of the site is asked before and after the journal:
 * a run may begin or end meanwhile.
 */
export function runCheck(
  lockFile: string,
  components: readonly Component[],
  readHistory: () => RecentHistory,
  now: Instant,
): Check {
  const look = { kind: 'run', component: undefined } as const
  const holder = livingHolder(lockFile)
  const { unfinished, stopped, components: histories } = readHistory()
  if (holder !== undefined) {
    const workedMs = now - holder.since
    const said = `${holder.verb} goes on for ${formatDuration(workedMs)}`
    const limitMs = Math.max(shortestHang, ...[components.reduce((sum, one) => sum + longestStep(one, histories), 0)])
    if (workedMs <= limitMs) return well({ ...look, said }, now)
    const message = `${holder.verb} (process ${holder.pid}) has held the site for ${formatDuration(workedMs)}`
    const hint = `nothing else can be done meanwhile: see what it waits for, or end it (kill ${holder.pid}); the next run goes on from there`
    return wrong({ ...look, said, since: holder.since }, now, { code: 'run-hangs', message, hint })
  }
  const isKilled =
    unfinished !== undefined && readHistory().unfinished?.runId === unfinished.runId && livingHolder(lockFile) === undefined
  if (isKilled) return cutShort(unfinished.at, 'killed', 'holdfast backup clears up behind it, and says so', now)
  // Ctrl-C is somebody's own wish. TERM and a hang-up nobody may have seen: a shutdown, cron, a connection that broke.
  if (stopped === undefined || stopped.by === 'SIGINT') return well({ ...look, said: 'no run is at work' }, now)
  return cutShort(stopped.at, `stopped by ${stopped.by}`, 'holdfast backup makes what is missing', now)
}

function cutShort(since: Instant, how: string, hint: string, now: Instant): Check {
  const message = `the run of ${isoInstant(since).slice(0, 16)}Z was ${how} before its end`
  return wrong({ kind: 'run', component: undefined, said: `a run was ${how}`, since }, now, { code: 'run-killed', message, hint })
}

/** One that never went well may take as long as it is allowed to. */
function longestStep({ name, deadline }: Component, histories: RecentHistory['components']): number {
  const done = (histories.get(name)?.steps ?? []).filter(({ outcome }) => outcome === 'done')
  return done.length === 0 ? deadline : hangFactor * Math.max(...done.map(({ durationMs }) => durationMs))
}

/** restic itself takes a lock that was not renewed for so long for a left-over. */
const resticStaleness = duration(30, 'm')

/** Locks that would hold up the next work. Those in a bucket are seen by the next run alone, which clears them away. */
export async function lockChecks(machine: Machine, site: Site, stateDirectory: string, now: Instant): Promise<Check[]> {
  const modified = async (path: string): Promise<Instant | undefined> => {
    const facts = await machine.look(path).catch(() => undefined)
    return facts && instant(facts.modifiedMs)
  }
  const checksOf = async (component: Component): Promise<Check[]> => {
    const { name, location } = component
    const look = { kind: 'lock', component: name } as const
    if (isDatabase(component)) {
      const record = inPlaceFile({ stateDirectory }, name)
      const begun = await modified(record)
      if (begun !== undefined && livingHolder(lockFileOf({ stateDirectory })) === undefined) {
        const unusable = inPlaceRecords.fault(record)
        if (unusable !== undefined) {
          const cut = { ...look, said: 'the record of a restore in place cannot be used', since: begun }
          return [wrong(cut, now, errorRecord(unusable))]
        }
        const message = 'a restore in place was cut short, and nobody has said yet what shall become of it'
        const hint = `holdfast restore ${name} --undo has the data of before back; any other restore of it says what it finds`
        const cut = { ...look, said: 'a restore in place is unfinished', since: begun }
        return [wrong(cut, now, { code: 'lock-stale', message, hint })]
      }
      // In a container they are where only it looks.
      if (component.source.container !== undefined) return []
      const folder = join(stateDirectory, 'pgbackrest', name, 'lock')
      const stop = (await namesIn(machine, folder)).find((file) => file === 'all.stop' || file === `${name}.stop`)
      if (stop === undefined) return [well({ ...look, said: 'pgBackRest is not stopped' }, now)]
      const since = (await modified(join(folder, stop))) ?? now
      const message = 'pgBackRest was told to stop: no WAL is archived, and no backup made'
      const hint = `pgbackrest --config=${join(dirname(site.file), 'pgbackrest', `${name}.conf`)} --stanza=${name} start, as the owner of the cluster`
      return [wrong({ ...look, said: 'pgBackRest is stopped', since }, now, { code: 'lock-stale', message, hint })]
    }
    if (location.kind !== 'directory') return []
    const folder = join(location.path, 'locks')
    const times: number[] = []
    for (const file of await namesIn(machine, folder)) times.push((await modified(join(folder, file))) ?? now)
    const oldest = instant(Math.min(now, ...times))
    if (now - oldest <= resticStaleness) return [well({ ...look, said: 'no stale lock' }, now)]
    const message = `a lock of restic is ${formatDuration(now - oldest)} old: whoever held it is gone, or hangs`
    const hint = `the next run removes it, if nobody holds it: holdfast backup ${name}`
    return [wrong({ ...look, said: 'a stale lock', since: oldest }, now, { code: 'lock-stale', message, hint })]
  }
  const checks: Check[] = []
  for (const component of site.components) checks.push(...(await checksOf(component)))
  return checks
}

/** A disk that isn't there, or that hangs, is another check's. */
const namesIn = (machine: Machine, folder: string): Promise<readonly string[]> => machine.list(folder).catch(() => [])

interface Disk {
  readonly kind: CheckKind
  readonly component: string | undefined
  readonly path: string
  readonly fills: string
  /** A folder that is yet to be made counts as its parent. */
  readonly whenMissing: 'fails' | 'ignored' | 'parent'
}

interface Folders {
  readonly state: string
  readonly cache: string
  /** Something was backed up, so the site's folder must be in the storage: without it, a disk is not mounted. */
  readonly hasPoints: boolean
}

/** One check for each file system, named by the first of what lies on it. */
export async function diskChecks(machine: Machine, site: Site, folders: Folders, now: Instant): Promise<Check[]> {
  const { storage, name: siteName } = site
  const disks: Disk[] = [
    { kind: 'state-disk', component: undefined, path: folders.state, fills: 'journal and spool', whenMissing: 'parent' },
    ...(storage.kind === 'directory' ? [storageDisk(folders.hasPoints ? join(storage.path, siteName) : storage.path)] : []),
    { kind: 'cache-disk', component: undefined, path: folders.cache, fills: 'restic’s cache', whenMissing: 'parent' },
    ...site.components
      .filter(isDatabase)
      .filter(({ source }) => source.container === undefined)
      .map(({ name, source }) => walDisk(name, join(source.dataDirectory, 'pg_wal'))),
  ]
  const seen = new Set<number>()
  const checks: Check[] = []
  for (const disk of disks) {
    try {
      const space = await machine.freeSpace(disk.path)
      const isMissing = space.path !== disk.path
      if (isMissing && disk.whenMissing === 'fails') throw new Error(`${disk.path} does not exist`)
      if ((isMissing && disk.whenMissing === 'ignored') || seen.has(space.device)) continue
      seen.add(space.device)
      checks.push(diskCheck(disk, space, now))
    } catch (thrown) {
      const isSilent = isHoldfastError(thrown) && thrown.code === 'timeout'
      const hint = (isSilent ? thrown.hint : undefined) ?? 'is the disk mounted?'
      const said = `${disk.path} ${isSilent ? 'does not answer' : 'is not there'}`
      const error = { ...errorRecord(thrown), code: 'storage-unreachable', hint } as const
      checks.push(wrong({ kind: disk.kind, component: disk.component, said }, now, error))
    }
  }
  return checks
}

const storageDisk = (path: string): Disk => ({
  kind: 'storage-disk',
  component: undefined,
  path,
  fills: 'the backups',
  whenMissing: 'fails',
})

const walDisk = (component: string, path: string): Disk => ({
  kind: 'wal-disk',
  component,
  path,
  fills: 'WAL',
  whenMissing: 'ignored',
})

function diskCheck({ kind, component, fills }: Disk, { path, freeBytes, sizeBytes }: FreeSpace, now: Instant): Check {
  const look = { kind, component, said: `${formatSize(freeBytes)} of ${formatSize(sizeBytes)} free in ${path}` }
  if (freeBytes >= spareOf(sizeBytes)) return well(look, now)
  const message = `${formatSize(freeBytes)} are free where ${fills} ${fills.includes(' and ') || fills.endsWith('s') ? 'go' : 'goes'}: ${path}`
  return wrong(look, now, { code: 'disk-low', message, hint: `df -h ${path} shows the file system; free some space on it` })
}
