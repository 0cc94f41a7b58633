import { rmSync } from 'node:fs'
import type { Instant } from '../../domain/clock.ts'
import type { Assertion, DrillEvent, DrillOutcome, DrillReport, DrillResult } from '../../domain/drill.ts'
import { errorRecord, HoldfastError, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import type { Progress } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { engineNameOf, isDatabase, type Component } from '../../domain/site.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { stalenessOf } from '../../policy/freshness.ts'
import { RetryBudget } from '../../policy/retry.ts'
import { lockFileOf, selectComponents, type AppContext } from '../site/context.ts'
import { patiently } from '../component/patiently.ts'
import { drillFolderOf, drillLeftText, removeDrillFolder } from '../component/drill-folder.ts'
import { tellOfDrill } from './drill-notices.ts'
import { requireFreeSpace } from '../component/free-space.ts'
import { markOf } from '../../state/restore-marks.ts'
import type { RestoreRequest } from '../restore/request.ts'
import { drillDatabase } from './drill-database.ts'
import { drillFiles } from './drill-files.ts'

export interface DrillRequest {
  /** Names; empty for all. */
  readonly components: readonly string[]
  /** How long to wait for another run to end, in milliseconds. */
  readonly waitMs: number
}

type Listener = (event: DrillEvent) => void

/**
 * Restores the newest point of every component into a folder that is removed afterwards, looks at what came back, and measures
 * how long it took and how much is missing. One that fails never stops the next. Under the lock of the site: no run, and
 * no retention, removes what is being restored.
 *
 * Throws only when no drill could begin; what happens to a component stands in the report.
 */
export async function drill(context: AppContext, request: DrillRequest, listen: Listener): Promise<DrillReport> {
  const components = selectComponents(context.site, request.components)
  const { clock, place, signal } = context
  return withSiteLock(
    {
      ...{ place, clock, signal, file: lockFileOf(context), verb: 'drill', waitMs: request.waitMs },
      onWait: (holder) => listen({ type: 'drill-waits', at: clock.now(), holder }),
    },
    () => drillComponents(context, components, listen),
  )
}

async function drillComponents(context: AppContext, components: readonly Component[], listen: Listener): Promise<DrillReport> {
  const { clock, journal, site, signal } = context
  const beganAt = clock.now()
  await requireFreeSpace(context.machine, context.stateDirectory, 'the journal')
  await refuseTakenSite(context)
  listen({ type: 'drill-began', at: beganAt, components: components.map(({ name }) => name) })
  const healed = (await removeDrillFolder(context)) ? [drillLeftText] : []
  for (const what of healed) listen({ type: 'drill-healed', at: beganAt, what })
  const drills: DrillResult[] = []
  const errors: ErrorRecord[] = []
  const orNote = async (work: () => unknown) => {
    try {
      await work()
    } catch (error) {
      errors.push(errorRecord(error))
    }
  }
  for (const component of components) {
    if (signal.aborted) break
    const result = await drillComponent(context, component, listen)
    // Before the record: the disk may be full of it.
    await orNote(() => removeDrillFolder(context))
    await orNote(() => journal.append({ type: 'drilled', at: clock.now(), result }))
    drills.push(result)
    listen({ type: 'component-ended', at: clock.now(), result })
  }
  const told = await tellOfDrill(context, drills, errors)
  const report: DrillReport = {
    site: site.name,
    outcome: outcomeOf(drills, errors, signal.aborted),
    beganAt,
    durationMs: clock.now() - beganAt,
    healed,
    drills,
    errors,
    ...(told.length === 0 ? {} : { notices: told }),
  }
  listen({ type: 'drill-ended', at: clock.now(), report })
  return report
}

/** The repositories are another machine's, and its retention may remove any point; a storage that is silent is each component's own matter. */
async function refuseTakenSite({ lease }: AppContext): Promise<void> {
  try {
    await lease.check()
  } catch (error) {
    const { code } = toHoldfastError(error)
    if (code === 'site-taken' || code === 'interrupted') throw error
  }
}

function outcomeOf(drills: readonly DrillResult[], errors: readonly ErrorRecord[], isAborted: boolean): DrillOutcome {
  if (isAborted) return 'interrupted'
  return errors.length === 0 && drills.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'failed'
}

/** How a drill ends as a process. */
export function exitCodeOfDrill({ outcome }: DrillReport): number {
  if (outcome === 'interrupted') return exitCodes.interrupted
  return outcome === 'passed' ? exitCodes.done : exitCodes.drillFailed
}

/** What has come to light so far; a failure in the middle still tells it. */
interface Findings {
  point?: RestorePoint
  restoredAt?: Instant
  readonly assertions: Assertion[]
}

/** Never throws: whatever happens becomes the result. */
async function drillComponent(context: AppContext, component: Component, listen: Listener): Promise<DrillResult> {
  const { clock } = context
  const beganAt = clock.now()
  listen({ type: 'component-began', at: beganAt, component: component.name })
  const report = (progress: Progress) =>
    listen({ type: 'component-progress', at: clock.now(), component: component.name, progress })
  const findings: Findings = { assertions: [] }
  const result = (outcome: DrillOutcome, more: Pick<DrillResult, 'error'> & Partial<DrillResult>): DrillResult => {
    const { point, restoredAt, assertions } = findings
    return {
      component: component.name,
      engine: engineNameOf(component),
      outcome,
      beganAt,
      durationMs: clock.now() - beganAt,
      ...(point === undefined ? {} : { point: { id: point.id, kind: point.kind, endedAt: point.endedAt } }),
      ...(restoredAt === undefined ? {} : { recoveryMs: restoredAt - beganAt }),
      assertions,
      notes: [],
      ...more,
    }
  }
  try {
    // A storage that is away for a moment is no failed drill.
    const retries = new RetryBudget(context.site.patience)
    const waits = ({ message }: HoldfastError) => report({ note: `${message}; trying again` })
    const more = await patiently(context, retries, { waits }, () => restoreAndExamine(context, component, findings, report))
    const failed = findings.assertions.filter(({ holds }) => !holds)
    if (failed.length === 0) return result('passed', more)
    return result('failed', { ...more, error: errorRecord(unexpectedData(component, failed)) })
  } catch (thrown) {
    const error = toHoldfastError(thrown)
    return result(error.code === 'interrupted' ? 'interrupted' : 'failed', { error: errorRecord(error) })
  }
}

function unexpectedData({ name }: Component, failed: readonly Assertion[]): HoldfastError {
  const texts = failed.map(({ what, said }) => (said === undefined ? `not so: ${what}` : `not so: ${what}; ${said}`))
  return new HoldfastError('drill-failed', texts.join('; '), {
    hint: `look at it yourself: holdfast restore ${name} --to FOLDER; where the data is right, correct drill: in holdfast.yaml`,
  })
}

type Measured = Pick<DrillResult, 'lossMs' | 'sizeBytes' | 'entries' | 'notes'>

async function restoreAndExamine(
  context: AppContext,
  component: Component,
  findings: Findings,
  report: (progress: Progress) => void,
): Promise<Measured> {
  // What an attempt before has finished is nothing that another could go on with.
  const folder = drillFolderOf(context, component.name)
  if (markOf(context, folder) === undefined) rmSync(folder, { recursive: true, force: true })
  const restored = () => void (findings.restoredAt = context.clock.now())
  const request: RestoreRequest = {
    ...{ component: component.name, at: undefined, point: undefined, name: undefined, paths: [], patterns: [] },
    target: { kind: 'directory', folder, overwrite: false },
    purpose: 'drill',
  }
  const measured = isDatabase(component)
    ? await drillDatabase(context, component, request, { findings, restored, report })
    : await drillFiles(context, component, request, { findings, restored, report })
  const stale = stalenessOf(findings.point?.endedAt, context.clock.now())
  return { ...measured, notes: [...measured.notes, ...(stale === undefined ? [] : [stale])] }
}
