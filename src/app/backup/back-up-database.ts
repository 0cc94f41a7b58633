import { errorRecord, isHoldfastError, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { isInContainer, type PostgresComponent } from '../../domain/site.ts'
import { bytes } from '../../domain/size.ts'
import type { BackUpResult } from '../../engines/port.ts'
import { chooseBackupKind } from '../../policy/backup-kind.ts'
import { heartbeatOwner, type PostgresServer } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import { requireContainer } from '../component/database-container.ts'
import { askRecoverability } from '../component/recoverability.ts'
import { clearAhead } from './clear-ahead.ts'
import type { DatabaseStep, Look } from './database-step.ts'
import { newLosses, unreachableText } from './wal-losses.ts'

/** Throws unless the server of a database runs, and is one that can be backed up. */
export async function requireServer(
  context: AppContext,
  component: PostgresComponent,
  warn: (what: string) => void,
): Promise<PostgresServer> {
  const server = isInContainer(component) ? await requireContainer(context, component, warn) : await context.serverOf(component)
  await server.requireReady()
  return server
}

/**
 * The base backup that is due, everything archived that was committed meanwhile, and a look at what became restorable by it.
 * When WAL was lost in the meantime, the backup leads nowhere: then one more is made at once, and never a third.
 */
export async function backUpDatabase(context: AppContext, step: DatabaseStep): Promise<BackUpResult> {
  const before = await look(context, step)
  const writer = writerOf(context, step)
  const refusal = await step.server.commit(writer)
  if (refusal !== undefined) step.warn(refusal)
  const first = await makeFirstBackup(context, step, before).catch((error: unknown) => {
    for (const wal of before.unreachable) step.warn(unreachableText(wal, context.site.timeZone))
    throw error
  })
  const after = await archiveAndLook(context, step)
  if (after.seen === undefined || leadsToNow(first, after.seen, after.archived)) return withFaults(context, step, first, after)
  step.warn(`WAL was lost while backup ${first.point.id} was made, so another one was made at once`)
  const second = await makeBackup(context, step, after.seen)
  const both: BackUpResult = {
    ...second,
    addedBytes: bytes(first.addedBytes + second.addedBytes),
    faults: [...first.faults, ...second.faults],
    warnings: [...first.warnings, ...second.warnings],
  }
  return withFaults(context, step, both, await archiveAndLook(context, step))
}

const writerOf = ({ site }: AppContext, { component, runId }: DatabaseStep): string =>
  heartbeatOwner(site.name, component.name) + runId

/** What a wrong clock left in the way of every new backup is cleared away, where that is safe; then it is made after all. */
async function makeFirstBackup(context: AppContext, step: DatabaseStep, before: Look): Promise<BackUpResult> {
  try {
    return await makeBackup(context, step, before)
  } catch (error) {
    if (toHoldfastError(error).code !== 'clock-behind') throw error
    await clearAhead(context, step, before, error)
    return makeBackup(context, step, await look(context, step))
  }
}

/** A look after everything was archived. */
interface LookAfter {
  /** Undefined when the archive could not be asked any more; the backup is made all the same. */
  readonly seen: Look | undefined
  /** The segment that should be the last in it. */
  readonly archived: string | undefined
  readonly faults: readonly ErrorRecord[]
}

async function look(context: AppContext, { component, work }: DatabaseStep): Promise<Look> {
  const points = await context.engineOf(component).listPoints(work)
  const reach = await askRecoverability(context, { component, engine: context.engineOf(component) }, work)
  return { points, ...reach }
}

async function makeBackup(context: AppContext, { component, pinned, work }: DatabaseStep, now: Look): Promise<BackUpResult> {
  const engine = context.engineOf(component)
  // After an upgrade of PostgreSQL nothing can be built on what there was before.
  const points = now.points.filter(({ archive }) => archive === now.archive)
  const { kind, reason } = chooseBackupKind(points, component.source, context.clock.now(), context.site.timeZone)
  work.report({ note: `${kind} backup: ${reason}` })
  // Archiving that never worked once must not be found out by the first restore.
  if (points.length === 0) await engine.check(work)
  return engine.backUp({ kind, ...pinned }, work)
}

/** How long a finished segment may take to reach the archive right after a backup whose own WAL did. */
const archivingLimitMs = 60_000

async function archiveAndLook(context: AppContext, step: DatabaseStep): Promise<LookAfter> {
  const { clock } = context
  step.work.report({ note: 'archiving what was committed meanwhile' })
  const work = { clock, limitMs: archivingLimitMs, writer: writerOf(context, step) }
  const faults: ErrorRecord[] = []
  let archived: string | undefined
  try {
    archived = (await step.server.archiveUntilNow(work)).segment
  } catch (error) {
    // The backup is made, and good: whatever the server has against being asked now must not make it a failed one.
    if (!isHoldfastError(error) || error.code === 'interrupted') throw error
    faults.push(errorRecord(error))
  }
  let seen: Look | undefined
  try {
    seen = await look(context, step)
    const { points, windows, unreachable } = seen
    const sighting = { points, windows, unreachable, repositoryBytes: undefined }
    context.pointCache.write(step.component.name, { askedAt: clock.now(), ...sighting })
  } catch (error) {
    const { code } = toHoldfastError(error)
    if (code === 'interrupted') throw error
    faults.push(errorRecord(error))
  }
  return { seen, archived, faults }
}

/** Whether the window of a backup goes on to what the server archived last; unknown counts as yes. */
function leadsToNow({ point }: BackUpResult, { windows }: Look, archived: string | undefined): boolean {
  if (archived === undefined) return true
  return windows.some(({ points, lastWal }) => points.includes(point.id) && lastWal >= archived)
}

function withFaults(
  context: AppContext,
  step: DatabaseStep,
  made: BackUpResult,
  { seen, archived, faults: met }: LookAfter,
): BackUpResult {
  const { id } = made.point
  const faults = [...made.faults, ...met]
  if (seen === undefined) return { ...made, faults }
  if (!seen.windows.some(({ points }) => points.includes(id))) {
    faults.push({
      code: 'archive-failing',
      message: `the WAL that backup ${id} needs is not in the archive: it cannot be restored`,
      hint: 'SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver; the server’s log holds the words of archive-push',
    })
  } else if (!leadsToNow(made, seen, archived)) {
    faults.push({
      code: 'wal-gap',
      message: `WAL keeps being lost: segment ${archived} was handed to archive-push, and is not in the archive`,
      hint: 'archive-push-queue-max makes pgBackRest drop WAL: leave it unset, and let archive_command be what holdfast setup plan says',
    })
  }
  return { ...made, faults: [...faults, ...newLosses(context, step.component.name, id, seen)] }
}
