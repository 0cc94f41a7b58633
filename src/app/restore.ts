import { chownSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path'
import type { Instant } from '../domain/clock.ts'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import type { Progress } from '../domain/events.ts'
import type { RestorePoint } from '../domain/restore-point.ts'
import { shortPointId } from '../domain/restore-point.ts'
import { bytes, type Bytes } from '../domain/size.ts'
import type { Component, FilesSource, PostgresComponent, PostgresSource } from '../domain/site.ts'
import type { Engine, EngineContext, RestoreRequest } from '../engines/port.ts'
import { formatLocalStamp } from '../policy/local-time.ts'
import { parseRestoreTime, windowFor } from '../policy/restore-time.ts'
import { archiveUntilNow, refuseUnready } from '../sources/postgres/readiness.ts'
import { proveRestoredCluster, type RestoredCluster } from '../sources/postgres/restored-cluster.ts'
import { clusterOwner, locateServer, readServerFacts } from '../sources/postgres/server.ts'
import { requireAccess } from './access.ts'
import { componentNamed, type AppContext } from './context.ts'
import { planConfiguration } from './engine-configuration.ts'
import { requireFreeSpace } from './free-space.ts'

export interface RestoreWish {
  readonly component: string
  /** A time as a person writes it. */
  readonly at: string | undefined
  /** The beginning of a point's id. */
  readonly point: string | undefined
  /** For files: paths as on the source, or relative to one of the component's paths. */
  readonly paths: readonly string[]
  /** Absolute path of the folder to restore into. */
  readonly target: string
  /** Told twice: files may be written over what the target holds. */
  readonly overwrite: boolean
}

export interface RestoreOutcome {
  readonly component: string
  readonly point: string
  /** The instant that was restored, for a database; for files, when the snapshot was taken. */
  readonly restoredTo: Instant
  readonly target: string
  /** Where the wanted things lie now. */
  readonly places: readonly string[]
  readonly durationMs: number
  readonly cluster?: RestoredCluster
  readonly notes: readonly string[]
}

/** Brings a component back into a folder, and says so only after it has been looked at: a database by starting it. */
export async function restore(
  context: AppContext,
  wish: RestoreWish,
  report: (progress: Progress) => void,
): Promise<RestoreOutcome> {
  const component = componentNamed(context.site, wish.component)
  if (wish.at !== undefined && wish.point !== undefined) {
    throw new HoldfastError('usage', '--at and --point exclude each other', { hint: 'give the time or the point' })
  }
  const beganAt = context.clock.now()
  const work: EngineContext = { signal: context.signal, clock: context.clock, report }
  refuseTarget(context, component, wish)
  const { source } = component
  const restored =
    source.kind === 'postgres'
      ? await restoreDatabase(context, component, source, wish, work)
      : await restoreFiles(context, component, source, wish, work)
  const outcome = { ...restored, component: component.name, target: wish.target, durationMs: context.clock.now() - beganAt }
  const { point, target, durationMs } = outcome
  context.journal.append({ type: 'restored', at: context.clock.now(), component: component.name, point, target, durationMs })
  return outcome
}

type Restored = Pick<RestoreOutcome, 'point' | 'restoredTo' | 'places' | 'notes' | 'cluster'>

async function restoreFiles(
  context: AppContext,
  component: Component,
  source: FilesSource,
  wish: RestoreWish,
  work: EngineContext,
): Promise<Restored> {
  const engine = context.engineOf(component)
  const paths = wish.paths.map((path) => absoluteOnSource(path, source))
  const points = await engine.listPoints(work)
  const point = choosePoint(points, wish, context)
  prepareTarget(wish.target, undefined)
  if (paths.length === 0) requireFreeSpace(wish.target, 'the restore', point.sizeBytes ?? bytes(0))
  await engine.restore({ point, paths, target: wish.target }, work)
  const wanted = paths.length > 0 ? paths : source.paths
  return { point: point.id, restoredTo: point.endedAt, places: wanted.map((path) => join(wish.target, path)), notes: [] }
}

async function restoreDatabase(
  context: AppContext,
  component: Component,
  source: PostgresSource,
  wish: RestoreWish,
  work: EngineContext,
): Promise<Restored> {
  if (wish.paths.length > 0) {
    throw new HoldfastError('usage', '--path is for files; a database is restored whole', {
      hint: 'leave --path out, and take what you need with pg_dump',
    })
  }
  const engine = context.engineOf(component)
  await configureForRestore(context, component as PostgresComponent, engine)
  const now = context.clock.now()
  const { at, freshened } = await wantedInstant(context, source, wish, now)
  const points = await engine.listPoints(work)
  const windows = (await engine.recoveryWindows?.(points, work)) ?? []
  let request: Pick<RestoreRequest, 'point' | 'at'>
  if (wish.point !== undefined) {
    const point = choosePoint(points, wish, context)
    request = { point, at: 'point' }
  } else if (at === undefined) {
    request = { point: newestOf(points, points), at: 'archive-end' }
  } else {
    // A commit was just archived behind the wanted instant; the archive's own clock has whole seconds.
    const reachable = freshened
      ? windows.map((window, index) => (index === windows.length - 1 ? { ...window, to: now } : window))
      : windows
    const window = windowFor(at, reachable, now, context.site.timeZone)
    const inWindow = points.filter((point) => window.points.includes(point.id) && point.endedAt <= at)
    request = { point: newestOf(inWindow, points), at }
  }
  const owner = clusterOwner(source.dataDirectory)
  requireFreeSpace(wish.target, 'the restore', spaceFor(request.point))
  prepareTarget(wish.target, owner)
  await requireAccess(context, 'enter', wish.target, owner.user, 'choose with --to a folder that it can get to')
  await engine.restore({ ...request, paths: [], target: wish.target }, work)
  work.report({ note: 'starting the restored database, to see that it recovers and answers' })
  const cluster = await proveRestoredCluster({
    place: context.place,
    clock: context.clock,
    signal: context.signal,
    dataDirectory: wish.target,
    user: source.user,
    deadlineMs: component.deadline,
    report: (note) => work.report({ note }),
  })
  const windowEnd = windows.at(-1)?.to ?? now
  return {
    point: request.point.id,
    restoredTo: at ?? (request.at === 'point' ? request.point.endedAt : windowEnd),
    places: [wish.target],
    cluster,
    notes: cluster.endedBeforeTarget ? ['no commit came after that time, so this is everything that had been committed'] : [],
  }
}

/**
 * On the machine that a disaster left, or on a new one, the engine's configuration may be gone with the server. It follows
 * from holdfast.yaml and the secrets; where the server would listen doesn't matter to a restore.
 */
async function configureForRestore(context: AppContext, component: PostgresComponent, engine: Engine): Promise<void> {
  const { configuration } = engine
  if (configuration === undefined || existsSync(configuration.file)) return
  const { source } = component
  const owner = clusterOwner(source.dataDirectory).user
  const server = { port: source.port ?? 5432, socketDirectory: source.socketDirectory ?? '/var/run/postgresql', owner }
  for (const change of planConfiguration(context, component, configuration, server)) await change.apply()
}

/**
 * The instant to recover to; undefined means the end of the archive. What the running server has not archived yet is
 * archived first, so that "just now" is restorable too.
 */
async function wantedInstant(
  context: AppContext,
  source: PostgresSource,
  wish: RestoreWish,
  now: Instant,
): Promise<{ at: Instant | undefined; freshened: boolean }> {
  if (wish.point !== undefined) return { at: undefined, freshened: false }
  const at = wish.at === undefined ? undefined : parseRestoreTime(wish.at, context.site.timeZone)
  const freshened = (at === undefined || at <= now) && (await freshenArchive(context, source))
  return { at: at ?? (freshened ? now : undefined), freshened }
}

/** True when everything that the live server committed until now is in the archive; false when there is no live server. */
async function freshenArchive(context: AppContext, source: PostgresSource): Promise<boolean> {
  try {
    const server = locateServer(source)
    refuseUnready(source, await readServerFacts(context.place, server, source, context.signal))
    await archiveUntilNow(context.place, server, source, { signal: context.signal, clock: context.clock, limitMs: 60_000 })
    return true
  } catch (error) {
    // A restore is for the day on which the server is gone: whatever it can't do must not stand in the way.
    if (error instanceof HoldfastError && error.code !== 'interrupted') return false
    throw error
  }
}

function choosePoint(
  points: readonly RestorePoint[],
  wish: Pick<RestoreWish, 'point' | 'at'>,
  context: AppContext,
): RestorePoint {
  const { timeZone } = context.site
  if (wish.point !== undefined) {
    const matching = points.filter((point) => wish.point !== '' && point.id.startsWith(wish.point as string))
    const exact = matching.find((point) => point.id === wish.point)
    if (exact) return exact
    const [only] = matching
    if (matching.length === 1 && only) return only
    throw new HoldfastError(
      'point-unknown',
      matching.length === 0
        ? `there is no restore point ${wish.point}`
        : `${wish.point} is the beginning of ${matching.length} restore points`,
      {
        hint: `holdfast points lists them${points.length === 0 ? '; there is none yet' : `; the newest is ${shortPointId(newestOf(points, points).id)}`}`,
      },
    )
  }
  if (wish.at === undefined) return newestOf(points, points)
  const at = parseRestoreTime(wish.at, timeZone)
  const found = points.findLast((point) => point.endedAt <= at)
  if (found) return found
  const [first] = points
  throw new HoldfastError('target-time', `nothing was backed up yet at ${formatLocalStamp(at, timeZone)}`, {
    hint:
      first === undefined
        ? 'there is no restore point at all: holdfast backup makes one'
        : `the oldest point is ${shortPointId(first.id)} of ${formatLocalStamp(first.endedAt, timeZone)}`,
  })
}

function newestOf(candidates: readonly RestorePoint[], all: readonly RestorePoint[]): RestorePoint {
  const newest = candidates.findLast((point) => !point.hasErrors) ?? candidates.at(-1)
  if (newest) return newest
  throw new HoldfastError(
    'point-unknown',
    all.length === 0 ? 'there is no restore point yet' : 'no base backup lies before that time',
    {
      hint: all.length === 0 ? 'holdfast backup makes one' : 'holdfast points shows what can be restored',
    },
  )
}

/** `worlds/x` means that path below one of the component's own; an absolute path means itself. */
function absoluteOnSource(path: string, source: FilesSource): string {
  const clean = normalize(path).replace(/\/+$/, '')
  if (isAbsolute(clean)) return clean
  if (clean === '..' || clean.startsWith(`..${sep}`)) {
    throw new HoldfastError('usage', `--path ${path} leaves the component`, {
      hint: 'give a path below one of the component’s own',
    })
  }
  const [only, ...others] = source.paths
  if (only !== undefined && others.length === 0) return join(only, clean)
  throw new HoldfastError('usage', `--path ${path} is relative, and the component has ${source.paths.length} paths`, {
    hint: `give the absolute path, below ${source.paths.join(' or ')}`,
  })
}

function refuseTarget(context: AppContext, component: Component, wish: RestoreWish): void {
  const { storage } = context.site
  const target = realOf(wish.target)
  if (storage.kind === 'directory' && isWithin(target, realOf(storage.path))) {
    throw new HoldfastError('target-exists', `${wish.target} lies inside the storage ${storage.path}`, {
      hint: 'choose a folder outside of it with --to',
    })
  }
  const paths = component.source.kind === 'files' ? component.source.paths : [component.source.dataDirectory]
  const live = paths.find((path) => isWithin(target, realOf(path)))
  if (live !== undefined && !wish.overwrite) {
    throw new HoldfastError('target-exists', `${wish.target} lies inside ${live}, which is live data`, {
      hint: 'choose a folder outside of it with --to',
    })
  }
  const stats = lstatSync(wish.target, { throwIfNoEntry: false })
  if (stats === undefined) return
  const occupied = !statSync(wish.target, { throwIfNoEntry: false })?.isDirectory() || readdirSync(wish.target).length > 0
  if (!occupied || (wish.overwrite && component.source.kind === 'files')) return
  throw new HoldfastError('target-exists', `${wish.target} is not an empty folder`, {
    hint:
      component.source.kind === 'files'
        ? 'choose another one with --to; --overwrite restores over what is there'
        : 'a database needs a folder of its own: choose another one with --to',
  })
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`)
}

function realOf(path: string): string {
  const absolute = resolve(path)
  try {
    return realpathSync(absolute)
  } catch {
    const parent = dirname(absolute)
    return parent === absolute ? absolute : join(realOf(parent), absolute.slice(parent.length))
  }
}

function prepareTarget(target: string, owner: { uid: number; gid: number } | undefined): void {
  try {
    // The owner of a cluster has to get through every folder above; only the last one is closed to others.
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 })
    mkdirSync(target, { recursive: true, mode: 0o700 })
    if (owner !== undefined) chownSync(target, owner.uid, owner.gid)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('target-exists', `cannot make the folder ${target}: ${error.message}`, {
      hint: 'choose another one with --to',
      cause: error,
    })
  }
}

/** The data itself, and WAL that is replayed and written while it recovers. */
function spaceFor(point: RestorePoint): Bytes {
  return bytes(Math.round((point.sizeBytes ?? 0) * 1.1) + 128 * 2 ** 20)
}
