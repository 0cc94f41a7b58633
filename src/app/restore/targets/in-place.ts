import { rmSync } from 'node:fs'
import { move } from '../../../disk/replace-file.ts'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError, isHoldfastError, toHoldfastError } from '../../../domain/errors.ts'
import { formatSize } from '../../../domain/size.ts'
import { majorVersionOf } from '../../../sources/postgres/data-directory.ts'
import { heartbeatOwner, type RestoredCluster } from '../../../sources/postgres/port.ts'
import { runControl } from '../../../sources/postgres/server-control.ts'
import { orFullDisk } from '../../component/free-space.ts'
import { forgetFolder, markFolder } from '../../../state/restore-marks.ts'
import { tablespacesOf } from '../facts/live-cluster.ts'
import { locateLive } from '../facts/live-server.ts'
import { prepareTarget } from '../facts/target-state.ts'
import { forgetInPlace, writeInPlace, type InPlaceRecord } from '../../../state/in-place-record.ts'
import { isUp, rollBack, rolledBackText, startHint, type RolledBack } from '../in-place/roll-back.ts'
import { copyDrafts } from '../in-place/draft.ts'
import type { DatabasePlan, LiveCluster, TargetOf } from '../plan.ts'
import { restoredAs, type DatabaseTools } from '../proof.ts'
import type { Restored } from '../request.ts'

type PlanInPlace = DatabasePlan<TargetOf<'in-place'>>

/**
 * The live cluster as it was at an instant: stopped, its data set aside by renaming it, restored, seen to recover and answer
 * where nobody else gets to it, and only then started for all. Whatever fails before that, the old data is put back and the
 * server started as before. The old data is never removed here.
 *
 * What is archived waits until the restored cluster is proven: a timeline of one that was rolled back must not reach the
 * repository.
 */
export const clusterInPlace = (tools: DatabaseTools) => ({
  async apply(plan: PlanInPlace): Promise<Restored> {
    const { context, component, work } = tools
    const { live } = plan.target
    const record = recordOf(plan)
    await refuseStarted(tools, record)
    writeInPlace(context, record)
    let proven: RestoredCluster | undefined
    try {
      proven = await replaceCluster(tools, plan, record)
      writeInPlace(context, { ...record, phase: 'proven' })
      await startForAll(tools, live, record)
    } catch (thrown) {
      const error = await orFullDisk(context.machine, thrown, live.data)
      work.report({ note: 'putting the old data back' })
      const back = await putBack(tools, record, proven !== undefined).catch((then: unknown) => {
        throw notRolledBack(error, toHoldfastError(then), component.name)
      })
      throw rolledBack(error, record, back)
    }
    forgetInPlace(context, component.name)
    forgetFolder(context, live.data)
    const by = restoredAs(plan, proven)
    const setAside = record.setAside.map(({ aside }) => aside)
    const notes = [...by.notes, ...(await lastWords(tools, live, record))]
    return { ...by, target: record.dataDirectory, places: [record.dataDirectory], setAside, notes }
  },
})

function recordOf({ component, executor, target }: PlanInPlace): InPlaceRecord {
  const { dataDirectory, container, setAside, control, wasRunning } = target.live
  const restorer = executor.kind === 'here' ? '' : executor.name
  return {
    ...{ component, dataDirectory, setAside, control, wasRunning, phase: 'restoring' },
    container: container && { runtime: container.runtime, name: container.name, restorer },
  }
}

/** A question may stand for hours, and somebody may start meanwhile what was down. */
async function refuseStarted({ context }: DatabaseTools, record: InPlaceRecord): Promise<void> {
  if (record.wasRunning || !(await isUp(context.place, record, context.signal))) return
  throw new HoldfastError('target-exists', `a server was started in ${record.dataDirectory} meanwhile`, {
    hint: 'give the command again: it stops the server then',
  })
}

function putBack({ context }: DatabaseTools, record: InPlaceRecord, wasProven: boolean): Promise<RolledBack> {
  try {
    // From here on a kill must not end forward.
    if (wasProven) writeInPlace(context, record)
  } catch {
    // Where a full disk doesn't take that, the old data is put back all the same.
  }
  return rollBack(context, record)
}

async function replaceCluster(tools: DatabaseTools, plan: PlanInPlace, record: InPlaceRecord): Promise<RestoredCluster> {
  const { context, component, work } = tools
  const { live } = plan.target
  const { place, signal } = context
  if (live.wasRunning && live.control !== undefined) {
    work.report({ note: 'stopping the server' })
    await runControl(place, live.control.stop, 'stopping the server', signal, startHint(record))
  }
  for (const { folder, aside } of live.setAside) move(folder, aside)
  if (live.setAside.length === 0) {
    prepareTarget(live.data, plan.owner)
    markFolder(context, { component: component.name, kind: 'directory', folder: live.data })
  } else {
    work.report({ note: 'copying the old data, so that only what differs has to be fetched' })
  }
  const isDrafted = live.setAside.length > 0 && (await copyDrafts({ place, signal, deadlineMs: component.deadline }, live))
  if (!isDrafted) work.report({ note: 'there is no old data to begin with: everything is fetched' })
  return restoreAndProve(tools, plan)
}

/** Where the programs are; the folders themselves are seen from here. */
const restoreAndProve = (tools: DatabaseTools, plan: PlanInPlace): Promise<RestoredCluster> =>
  tools.open(plan.executor, async (bench) => {
    const { live } = plan.target
    await bench.engine.restore(plan.engine, tools.work)
    const restoredVersion = majorVersionOf(live.data)
    if (live.majorVersion !== undefined && restoredVersion !== live.majorVersion) {
      const message = `the backup is of PostgreSQL ${restoredVersion}, the server of ${live.majorVersion}`
      throw new HoldfastError('postgres-mismatch', message, { hint: 'restore it with --to, or as a --temporary cluster' })
    }
    removeOrphans(tools, live)
    const { configurationFile } = live
    const held = { archiving: 'held' as const, configurationFile }
    return (await tools.prove(bench, plan, async () => undefined, held)).cluster
  })

/** Drafts of tablespaces that the restored cluster doesn't know. */
function removeOrphans({ component }: DatabaseTools, live: LiveCluster): void {
  const known = new Set(tablespacesOf(component, live))
  for (const { location, moved } of live.tablespaces) {
    if (!known.has(location)) rmSync(moved.folder, { recursive: true, force: true })
  }
}

async function startForAll(tools: DatabaseTools, live: LiveCluster, record: InPlaceRecord): Promise<void> {
  const { clock, place, signal } = tools.context
  if (!live.isStarted || live.control === undefined) return
  await runControl(place, live.control.start, 'starting the restored server', signal, startHint(record))
  const giveUpAt = clock.now() + duration(2, 'm')
  for (;;) {
    const failure = await stillInRecovery(tools, live)
    if (failure === undefined) return
    if (clock.now() > giveUpAt) throw failure
    await clock.sleep(300, signal)
  }
}

/** Undefined when the server is there for all; throws what will not pass. */
async function stillInRecovery({ context, component }: DatabaseTools, live: LiveCluster): Promise<HoldfastError | undefined> {
  try {
    const server = await locateLive(context, component, live)
    if (!(await server.facts()).inRecovery) return undefined
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
function notRolledBack(thrown: unknown, then: HoldfastError, component: string): HoldfastError {
  const error = toHoldfastError(thrown)
  return new HoldfastError(error.code, `${error.message}; and putting the old data back ended early: ${then.message}`, {
    hint: `${error.hint ?? 'mend what its log says'}; then: holdfast restore ${component} --undo`,
    detail: [error.detail, then.detail].filter((part) => part !== undefined).join('\n'),
    cause: error,
  })
}

/** What is to be done now that a cluster was replaced. */
async function lastWords(tools: DatabaseTools, live: LiveCluster, record: InPlaceRecord): Promise<string[]> {
  const { context, component } = tools
  const notes = [`take a new base backup now: holdfast backup ${component.name}`]
  for (const { aside } of record.setAside) {
    const { sizeBytes } = await context.machine.measure([aside])
    notes.push(`the data of before is kept (${formatSize(sizeBytes)}); when all is well: rm -r ${aside}`)
  }
  if (live.movedWal !== undefined) notes.push(`pg_wal was a link to ${live.movedWal}, and is a folder now`)
  if (!(await isUp(context.place, record, context.signal))) return [...notes, 'the server was not running before, and is not now']
  try {
    const server = await locateLive(context, component, live)
    const writer = `${heartbeatOwner(context.site.name, component.name)}restore`
    await server.archiveUntilNow({ clock: context.clock, limitMs: 60_000, writer })
  } catch (error) {
    notes.push(`it does not archive yet (${toHoldfastError(error).message}): holdfast setup plan shows what is missing`)
  }
  return notes
}
