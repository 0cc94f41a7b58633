import { commandOf } from '../../domain/command.ts'
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { move } from '../../disk/replace-file.ts'
import { isoInstant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, isHoldfastError, toHoldfastError } from '../../domain/errors.ts'
import { bytes, formatSize } from '../../domain/size.ts'
import { isInContainer, type PostgresComponent } from '../../domain/site.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { proveRestoredCluster } from '../../sources/postgres/restored/cluster.ts'
import type { RestoredCluster } from '../../sources/postgres/port.ts'
import { heartbeatOwner } from '../../sources/postgres/port.ts'
import { runControl } from '../../sources/postgres/server-control.ts'
import { majorVersionOf } from '../../sources/postgres/data-directory.ts'
import type { AppContext } from '../site/context.ts'
import { orFullDisk, requireFreeSpace } from '../component/free-space.ts'
import { isUp, rollBack, rolledBackText, startHint, type RolledBack } from './in-place-record.ts'
import { forgetInPlace, writeInPlace, type InPlaceRecord, type SetAside } from '../../state/in-place-record.ts'
import { clusterHere, refuseMountPoint, type LiveCluster } from './live-cluster.ts'
import { explainName, restoredBy, spaceFor, startOptions, type DatabaseRestore } from './database-job.ts'
import { forgetFolder, markFolder, markOf } from '../../state/restore-marks.ts'
import { ownerOfRestored } from '../component/restored-owner.ts'
import { prepareTarget } from './facts/target-state.ts'
import type { RequireYes, Restored } from './request.ts'
import { clusterInContainer } from './live-container.ts'

/**
 * The live cluster as it was at an instant: stopped, its data set aside by renaming it, restored, seen to recover and answer
 * where nobody else gets to it, and only then started for all. Whatever fails before that, the old data is put back and the
 * server started as before. The old data is never removed here.
 *
 * What is archived waits until the restored cluster is proven: a timeline of one that was rolled back must not reach the
 * repository.
 */
export async function restoreInPlace(
  context: AppContext,
  component: PostgresComponent,
  prepare: (context: AppContext) => Promise<DatabaseRestore>,
  requireYes: RequireYes,
): Promise<Restored> {
  const cluster = await liveCluster(context, component)
  const job = await cluster.prepare(prepare)
  const live = await lookAtLive(context, component, cluster)
  await requireSpace(job, live)
  await requireYes(consequences(job, live))
  const { record } = live
  await refuseStarted(context, record)
  writeInPlace(context, record)
  let proven: RestoredCluster | undefined
  try {
    proven = await replaceCluster(job, live)
    writeInPlace(context, { ...record, phase: 'proven' })
    await startForAll(context, live)
  } catch (thrown) {
    const error = await orFullDisk(context.machine, thrown, live.data)
    job.work.report({ note: 'putting the old data back' })
    throw rolledBack(
      error,
      record,
      await putBack(context, record, proven !== undefined).catch((then: unknown) => {
        throw notRolledBack(error, toHoldfastError(then), component)
      }),
    )
  }
  forgetInPlace(context, component.name)
  forgetFolder(context, live.data)
  const by = restoredBy(job, proven)
  const setAside = record.setAside.map(({ aside }) => aside)
  const notes = [...by.notes, ...(await lastWords(context, component, live))]
  return { ...by, target: record.dataDirectory, places: [record.dataDirectory], setAside, notes }
}

/** A question may stand for hours, and somebody may start meanwhile what was down. */
async function refuseStarted({ place, signal }: AppContext, record: InPlaceRecord): Promise<void> {
  if (record.wasRunning || !(await isUp(place, record, signal))) return
  throw new HoldfastError('target-exists', `a server was started in ${record.dataDirectory} meanwhile`, {
    hint: 'give the command again: it stops the server then',
  })
}

function putBack(context: AppContext, record: InPlaceRecord, wasProven: boolean): Promise<RolledBack> {
  try {
    // From here on a kill must not end forward. Where a full disk doesn't take that, the old data is put back all the same.
    if (wasProven) writeInPlace(context, record)
  } catch {
    // As above.
  }
  return rollBack(context, record)
}

async function liveCluster(context: AppContext, component: PostgresComponent): Promise<LiveCluster> {
  if (!isInContainer(component)) return clusterHere(context, component)
  return clusterInContainer(context, component)
}

interface Live {
  readonly cluster: LiveCluster
  readonly record: InPlaceRecord
  /** Real path of the data directory. */
  readonly data: string
  readonly tablespaces: readonly { readonly location: string; readonly moved: SetAside; readonly sizeBytes: number }[]
  readonly sizeBytes: number
  readonly majorVersion: string | undefined
  /** Where pg_wal leads, when it is a link: in the restored cluster it is a folder. */
  readonly movedWal: string | undefined
}

/** Everything that has to be known while the old data is still where it is. */
async function lookAtLive(context: AppContext, component: PostgresComponent, cluster: LiveCluster): Promise<Live> {
  const { data, dataDirectory, container, control, wasRunning } = cluster
  const stamp = isoInstant(context.clock.now()).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  const names = (folder: string): SetAside => ({
    folder,
    aside: `${folder}.before-restore-${stamp}`,
    failed: `${folder}.failed-restore-${stamp}`,
  })
  const base = { component: component.name, dataDirectory, container, control, wasRunning, phase: 'restoring' } as const
  // What an earlier restore left unfinished where there was nothing is no data to keep.
  if (!existsSync(data) || readdirSync(data).length === 0 || markOf(context, data) !== undefined) {
    const nothing = { tablespaces: [], sizeBytes: 0, majorVersion: undefined, movedWal: undefined }
    return { cluster, record: { ...base, setAside: [] }, data, ...nothing }
  }
  if (!existsSync(join(data, 'PG_VERSION'))) {
    throw new HoldfastError('target-exists', `${data} is neither empty nor a data directory of PostgreSQL`, {
      hint: 'look what lies there, and move it away',
    })
  }
  const majorVersion = majorVersionOf(data)
  refuseMountPoint(data)
  const moving = cluster.tablespaces().flatMap((location) =>
    readdirSync(location)
      .filter((name) => name.startsWith(`PG_${majorVersion}_`) && !name.includes('-restore-'))
      .map((name) => ({ location, folder: join(location, name) })),
  )
  const tablespaces: Live['tablespaces'] = await Promise.all(
    moving.map(async ({ location, folder }) => ({ location, moved: names(folder), sizeBytes: await sizeOf(context, folder) })),
  )
  return {
    cluster,
    record: { ...base, setAside: [...tablespaces.map(({ moved }) => moved), names(data)] },
    data,
    tablespaces,
    sizeBytes: await sizeOf(context, data),
    majorVersion,
    movedWal: lstatSync(join(data, 'pg_wal'), { throwIfNoEntry: false })?.isSymbolicLink()
      ? readlinkSync(join(data, 'pg_wal'))
      : undefined,
  }
}

const sizeOf = async ({ machine }: Pick<AppContext, 'machine'>, folder: string): Promise<number> =>
  (await machine.measure([folder])).sizeBytes

/** Old and new exist side by side until somebody removes the old. */
async function requireSpace({ context, recovery }: DatabaseRestore, live: Live): Promise<void> {
  const { machine } = context
  const inTablespaces = live.tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const whole = spaceFor(recovery.request.point)
  await requireFreeSpace(machine, live.data, 'the restore beside the old data', bytes(Math.max(0, whole - inTablespaces)))
  for (const { location, sizeBytes } of live.tablespaces) {
    await requireFreeSpace(machine, location, 'the restore of a tablespace beside the old one', bytes(sizeBytes))
  }
}

function consequences({ context, component, recovery }: DatabaseRestore, { record, data }: Live): string[] {
  const stamp = formatLocalStamp(recovery.restoredTo, context.site.timeZone)
  const { at } = recovery.request
  const when = typeof at === 'object' ? `as of the restore point ${JSON.stringify(at.name)}` : `as of ${stamp}`
  return [
    `the whole cluster of ${component.name} in ${data} will be restored ${when}: all its databases`,
    'what was committed after that is gone from it',
    ...(record.wasRunning ? ['its server is stopped until that is done; connections are closed'] : []),
    record.setAside.length === 0
      ? 'there is no data now that could be kept'
      : `the data of now is kept as ${record.setAside.map(({ aside }) => aside).join(', ')}`,
  ]
}

async function replaceCluster(job: DatabaseRestore, live: Live): Promise<RestoredCluster> {
  const { context, work } = job
  const { record, cluster } = live
  if (record.wasRunning && record.control !== undefined) {
    work.report({ note: 'stopping the server' })
    await runControl(context.place, record.control.stop, 'stopping the server', context.signal, startHint(record))
  }
  for (const { folder, aside } of record.setAside) move(folder, aside)
  const seeded = await seed(job, live)
  if (!seeded) work.report({ note: 'there is no old data to begin with: everything is fetched' })
  return cluster.restoreBy(job, (restorer) => restoreAndProve(restorer, live))
}

/** What is done where the programs are: the folders themselves are seen from here. */
async function restoreAndProve(job: DatabaseRestore, live: Live): Promise<RestoredCluster> {
  const { engine, work, recovery } = job
  const { dataDirectory, configurationFile } = live.cluster
  await engine.restore({ ...recovery.request, target: dataDirectory, holds: 'live' }, work)
  const restoredVersion = majorVersionOf(live.data)
  if (live.majorVersion !== undefined && restoredVersion !== live.majorVersion) {
    throw new HoldfastError(
      'postgres-mismatch',
      `the backup is of PostgreSQL ${restoredVersion}, the server of ${live.majorVersion}`,
      {
        hint: 'restore it with --to, or as a --temporary cluster',
      },
    )
  }
  removeOrphans(live)
  work.report({ note: 'starting the restored cluster where nobody gets to it, to see that it recovers and answers' })
  return proveRestoredCluster({ ...startOptions(job, dataDirectory), archiving: 'held', configurationFile }).catch(
    explainName(job),
  )
}

/**
 * Copies the old data to where it was, as a draft for the engine, which then fetches only what differs: room for both is needed
 * anyway, and a disk is nearer than a bucket. A copy, no links: PostgreSQL and pgBackRest write into files. Data that can't be
 * read is no draft, and everything is fetched.
 */
async function seed({ context, component, work }: DatabaseRestore, live: Live): Promise<boolean> {
  if (live.record.setAside.length === 0) {
    prepareTarget(live.data, ownerOfRestored(context, component))
    markFolder(context, { component: component.name, kind: 'directory', folder: live.data })
    return false
  }
  for (const { folder, aside } of live.record.setAside) {
    work.report({ note: 'copying the old data, so that only what differs has to be fetched' })
    const { uid, gid, mode } = statSync(aside)
    mkdirSync(folder, { mode: 0o700 })
    lchownSync(folder, uid, gid)
    chmodSync(folder, mode & 0o7777)
    const entries = readdirSync(aside).filter((name) => !leftOut.has(name))
    if (entries.length === 0) continue
    const copied = await context.place.run(
      commandOf('cp', ['-a', '--reflink=auto', '-t', folder, '--', ...entries.map((name) => join(aside, name))]),
      { signal: context.signal, deadlineMs: component.deadline },
    )
    if (copied.exitCode !== 0) {
      for (const one of live.record.setAside) if (existsSync(one.folder)) emptyFolder(one.folder)
      return false
    }
  }
  return true
}

/** WAL comes from the archive, and the files of a running server are none of a stopped one. */
const leftOut = new Set(['pg_wal', 'postmaster.pid', 'postmaster.opts'])

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
}

/** Drafts of tablespaces that the restored cluster doesn't know. */
function removeOrphans({ cluster, tablespaces }: Live): void {
  const known = new Set(cluster.tablespaces())
  for (const { location, moved } of tablespaces) {
    if (!known.has(location)) rmSync(moved.folder, { recursive: true, force: true })
  }
}

async function startForAll(context: AppContext, { cluster, record }: Live): Promise<void> {
  const control = cluster.startsBy(record.setAside.length === 0)
  if (control === undefined) return
  await runControl(context.place, control.start, 'starting the restored server', context.signal, startHint(record))
  const giveUpAt = context.clock.now() + duration(2, 'm')
  for (;;) {
    const failure = await inRecovery(cluster)
    if (failure === undefined) return
    if (context.clock.now() > giveUpAt) throw failure
    await context.clock.sleep(300, context.signal)
  }
}

/** Undefined when the server is there for all; throws what will not pass. */
async function inRecovery(cluster: LiveCluster): Promise<HoldfastError | undefined> {
  try {
    const server = await cluster.locate()
    const facts = await server.facts()
    if (!facts.inRecovery) return undefined
    return new HoldfastError('postgres-in-recovery', 'the restored server does not come out of recovery', {
      hint: 'its log says what it waits for',
    })
  } catch (error) {
    if (isHoldfastError(error) && error.retryable) return error
    throw error
  }
}

function rolledBack(thrown: unknown, record: InPlaceRecord, back: RolledBack): HoldfastError {
  const error = toHoldfastError(thrown)
  const text = rolledBackText(back, record)
  const message = text === '' ? error.message : `${error.message}; ${text}`
  return new HoldfastError(error.code, message, { hint: error.hint, detail: error.detail, cause: error })
}

/** What went wrong first is what has to be mended; the old data is whole, wherever it lies. */
function notRolledBack(thrown: unknown, then: HoldfastError, { name }: PostgresComponent): HoldfastError {
  const error = toHoldfastError(thrown)
  return new HoldfastError(error.code, `${error.message}; and putting the old data back ended early: ${then.message}`, {
    hint: `${error.hint ?? 'mend what its log says'}; then: holdfast restore ${name} --undo`,
    detail: [error.detail, then.detail].filter((part) => part !== undefined).join('\n'),
    cause: error,
  })
}

/** What is to be done now that a cluster was replaced. */
async function lastWords(
  context: AppContext,
  component: PostgresComponent,
  { cluster, record, movedWal }: Live,
): Promise<string[]> {
  const notes = [`take a new base backup now: holdfast backup ${component.name}`]
  for (const { aside } of record.setAside) {
    notes.push(`the data of before is kept (${formatSize(await sizeOf(context, aside))}); when all is well: rm -r ${aside}`)
  }
  if (movedWal !== undefined) notes.push(`pg_wal was a link to ${movedWal}, and is a folder now`)
  if (!(await isUp(context.place, record, context.signal))) return [...notes, 'the server was not running before, and is not now']
  try {
    const server = await cluster.locate()
    const writer = `${heartbeatOwner(context.site.name, component.name)}restore`
    await server.archiveUntilNow({ clock: context.clock, limitMs: 60_000, writer })
  } catch (error) {
    notes.push(`it does not archive yet (${toHoldfastError(error).message}): holdfast setup plan shows what is missing`)
  }
  return notes
}
