import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { instant, isoInstant, type Instant } from '../../domain/clock.ts'
import { duration, formatDuration } from '../../domain/duration.ts'
import { errorRecord, type ErrorRecord } from '../../domain/errors.ts'
import type { Check, CheckKind } from '../../domain/evidence.ts'
import { isDatabase, type Component, type Site } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import type { Boot } from '../../machine/port.ts'
import { livingHolder } from '../../places/lock-holder.ts'
import { clockFault, lookAtClock, type ClockSighting } from '../../policy/clock-jump.ts'
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
export function lockChecks(site: Site, stateDirectory: string, now: Instant): Check[] {
  return site.components.flatMap((component): Check[] => {
    const { name, location } = component
    const look = { kind: 'lock', component: name } as const
    if (isDatabase(component)) {
      const begun = statSync(join(stateDirectory, 'in-place', `${name}.json`), { throwIfNoEntry: false })
      if (begun !== undefined && livingHolder(lockFileOf({ stateDirectory })) === undefined) {
        const message = 'a restore in place was cut short, and nobody has said yet what shall become of it'
        const hint = `holdfast restore ${name} --undo has the data of before back; any other restore of it says what it finds`
        const cut = { ...look, said: 'a restore in place is unfinished', since: instant(begun.mtimeMs) }
        return [wrong(cut, now, { code: 'lock-stale', message, hint })]
      }
      // In a container they are where only it looks.
      if (component.source.container !== undefined) return []
      const folder = join(stateDirectory, 'pgbackrest', name, 'lock')
      const stop = namesIn(folder).find((file) => file === 'all.stop' || file === `${name}.stop`)
      if (stop === undefined) return [well({ ...look, said: 'pgBackRest is not stopped' }, now)]
      const since = instant(statSync(join(folder, stop), { throwIfNoEntry: false })?.mtimeMs ?? now)
      const message = 'pgBackRest was told to stop: no WAL is archived, and no backup made'
      const hint = `pgbackrest --config=${join(dirname(site.file), 'pgbackrest', `${name}.conf`)} --stanza=${name} start, as the owner of the cluster`
      return [wrong({ ...look, said: 'pgBackRest is stopped', since }, now, { code: 'lock-stale', message, hint })]
    }
    if (location.kind !== 'directory') return []
    const folder = join(location.path, 'locks')
    const times = namesIn(folder).map((file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? now)
    const oldest = instant(Math.min(now, ...times))
    if (now - oldest <= resticStaleness) return [well({ ...look, said: 'no stale lock' }, now)]
    const message = `a lock of restic is ${formatDuration(now - oldest)} old: whoever held it is gone, or hangs`
    const hint = `the next run removes it, if nobody holds it: holdfast backup ${name}`
    return [wrong({ ...look, said: 'a stale lock', since: oldest }, now, { code: 'lock-stale', message, hint })]
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

interface Disk {
  readonly kind: CheckKind
  readonly component: string | undefined
  readonly path: string
  readonly fills: string
  /** It must be there; a folder that is yet to be made counts as its parent. */
  readonly mustExist?: boolean
}

interface Folders {
  readonly state: string
  readonly cache: string
  /** Something was backed up, so the site's folder must be in the storage: without it, a disk is not mounted. */
  readonly hasPoints: boolean
}

/** One check for each file system, named by the first of what lies on it. */
export function diskChecks(site: Site, folders: Folders, now: Instant): Check[] {
  const { storage, name: siteName } = site
  const disks: Disk[] = [
    { kind: 'state-disk', component: undefined, path: folders.state, fills: 'journal and spool' },
    ...(storage.kind === 'directory' ? [storageDisk(folders.hasPoints ? join(storage.path, siteName) : storage.path)] : []),
    { kind: 'cache-disk', component: undefined, path: folders.cache, fills: 'restic’s cache' },
    ...site.components.filter(isDatabase).flatMap(({ name, source }) => {
      const path = join(source.dataDirectory, 'pg_wal')
      return source.container === undefined && existsSync(path)
        ? [{ kind: 'wal-disk' as const, component: name, path, fills: 'WAL' }]
        : []
    }),
  ]
  const seen = new Set<number>()
  return disks.flatMap((disk): Check[] => {
    try {
      if (disk.mustExist && !existsSync(disk.path)) throw new Error(`${disk.path} does not exist`)
      const path = existing(disk.path)
      const { dev } = statSync(path)
      if (seen.has(dev)) return []
      seen.add(dev)
      return [diskCheck(disk, path, now)]
    } catch (thrown) {
      const error = { ...errorRecord(thrown), code: 'storage-unreachable', hint: 'is the disk mounted?' } as const
      return [wrong({ kind: disk.kind, component: disk.component, said: `${disk.path} is not there` }, now, error)]
    }
  })
}

const storageDisk = (path: string): Disk => ({
  kind: 'storage-disk',
  component: undefined,
  path,
  fills: 'the backups',
  mustExist: true,
})

function diskCheck({ kind, component, fills }: Disk, path: string, now: Instant): Check {
  const { bavail, bsize, blocks } = statfsSync(path)
  const [freeBytes, sizeBytes] = [bavail * bsize, blocks * bsize]
  const look = { kind, component, said: `${formatSize(freeBytes)} of ${formatSize(sizeBytes)} free in ${path}` }
  if (freeBytes >= spareOf(sizeBytes)) return well(look, now)
  const message = `${formatSize(freeBytes)} are free where ${fills} ${fills.includes(' and ') || fills.endsWith('s') ? 'go' : 'goes'}: ${path}`
  return wrong(look, now, { code: 'disk-low', message, hint: `df -h ${path} shows the file system; free some space on it` })
}

function existing(folder: string): string {
  let path = folder
  while (!existsSync(path)) path = dirname(path)
  return path
}
