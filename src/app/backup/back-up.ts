import { defined } from '../../domain/defined.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isoInstant, type Instant } from '../../domain/clock.ts'
import { batchExitCode, errorRecord, HoldfastError, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import type { Listener, RetentionResult, RunOutcome, RunResult, StepResult } from '../../domain/events.ts'
import type { Component } from '../../domain/site.ts'
import { stoppingSignal } from '../../domain/stop.ts'
import { isRetentionDue } from '../../policy/retention-due.ts'
import { unfinishedRun } from '../../policy/unfinished-run.ts'
import { retentionTraces } from '../retention/retention-traces.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { pinReason } from '../../policy/pin.ts'
import { RetryBudget } from '../../policy/retry.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { lockFileOf, selectComponents, type AppContext } from '../site/context.ts'
import { requireFreeSpace } from '../component/free-space.ts'
import { kitFailure, refreshKit } from '../kit/recovery-kit.ts'
import { runNotices } from '../notify/run-notices.ts'
import type { BackUpContext } from './back-up-code.ts'
import { runStep } from './run-step.ts'

export interface BackUpWish {
  /** Names; empty for all. */
  readonly components: readonly string[]
  /** Why the points of this run are to be kept for ever; undefined when they are not. */
  readonly pin?: string | undefined
  readonly allowEmpty: boolean
  /** How long to wait for another run to end, in milliseconds. */
  readonly waitMs: number
  /** Remove afterwards, once a day, what the retention of each component says. */
  readonly retention: boolean
}

/**
 * The run: every component in the order written, one failing never stopping the next. One run at a time per site. Throws
 * only when no run could begin; what happens to a component stands in the result.
 */
export async function backUp(context: BackUpContext, wish: BackUpWish, listen: Listener): Promise<RunResult> {
  const components = selectComponents(context.site, wish.components)
  const pin = wish.pin === undefined ? undefined : pinReason(wish.pin)
  const { clock } = context
  return withSiteLock(
    {
      place: context.place,
      clock,
      signal: context.signal,
      file: lockFileOf(context),
      verb: 'backup',
      waitMs: wish.waitMs,
      onWait: (holder) => listen({ type: 'run-waits', at: clock.now(), holder }),
    },
    () => runComponents(context, components, { ...wish, pin }, listen),
  )
}

async function runComponents(
  context: BackUpContext,
  components: readonly Component[],
  wish: BackUpWish,
  listen: Listener,
): Promise<RunResult> {
  const { clock, journal, site } = context
  const beganAt = clock.now()
  const runId = newRunId(beganAt)
  const errors: ErrorRecord[] = []
  const healed = await clearDrill(context, errors)
  await requireFreeSpace(context.machine, context.stateDirectory, 'the journal')
  await requireLease(context)
  const killed = unfinishedRun(journal.newestFirst(), beganAt)
  const names = components.map((component) => component.name)
  journal.append({ type: 'run-began', at: beganAt, runId, site: site.name, components: names, version: context.version })
  listen({ type: 'run-began', at: beganAt, runId, components: names })
  if (killed !== undefined) healed.push(`the run of ${isoInstant(killed.at).slice(0, 19)}Z was killed before its end`)
  for (const what of healed) listen({ type: 'run-healed', at: beganAt, what })

  // The run has begun: a journal that has filled up since must not keep the other components from being backed up.
  const note = (record: JournalRecord) => {
    try {
      journal.append(record)
    } catch (error) {
      if (errors.length === 0) errors.push(errorRecord(journalFailure(error)))
    }
  }
  const notices = runNotices(context, runId)
  const steps: StepResult[] = []
  const retries = new RetryBudget(site.patience)
  for (const [index, component] of components.entries()) {
    if (context.signal.aborted) break
    const result = await runStep(
      context,
      component,
      { runId, pin: wish.pin, allowEmpty: wish.allowEmpty, afterKill: killed !== undefined, retries },
      listen,
    )
    note({ type: 'step-ended', at: clock.now(), runId, result })
    notices.stepEnded(result, names.slice(index + 1))
    steps.push(result)
  }
  const outcome = outcomeOf(steps, components.length, context.signal.aborted)
  const retention = wish.retention ? await retainWhatIsDue(context, components, steps, listen) : []
  const kit = await refreshedKit(context, steps, errors)
  const stopped = stoppingSignal(context.signal)
  const ended = {
    runId,
    site: site.name,
    beganAt,
    durationMs: clock.now() - beganAt,
    healed,
    ...defined({ stoppedBy: stopped }),
    errors,
    ...(retention.length > 0 ? { retention } : {}),
    ...defined({ kit }),
  }
  note({ type: 'run-ended', at: clock.now(), runId, result: { ...ended, outcome: withErrors(outcome, errors, retention) } })
  // Anew: that record may have been the first that could not be written.
  const finalOutcome = withErrors(outcome, errors, retention)
  const isInterrupted = finalOutcome === 'interrupted'
  const told = await notices.ended({ errors, steps, retention, isInterrupted, isDone: finalOutcome === 'done' })
  const result: RunResult = { ...ended, outcome: finalOutcome, steps, ...(told.length === 0 ? {} : { notices: told }) }
  listen({ type: 'run-ended', at: clock.now(), result })
  return result
}

/** What a drill that was killed had restored takes the room that others need; that it can't be removed keeps nobody from a backup. */
async function clearDrill(context: BackUpContext, errors: ErrorRecord[]): Promise<string[]> {
  if (!existsSync(join(context.stateDirectory, 'drill'))) return []
  try {
    const { drillLeftText, removeDrillFolder } = await context.code.drillFolder()
    return (await removeDrillFolder(context)) ? [drillLeftText] : []
  } catch (error) {
    errors.push(errorRecord(error))
    return []
  }
}

/** Never before its backup went well, and never in the way of another component's. */
async function retainWhatIsDue(
  context: BackUpContext,
  components: readonly Component[],
  steps: readonly StepResult[],
  listen: Listener,
): Promise<RetentionResult[]> {
  const { clock, journal } = context
  const results: RetentionResult[] = []
  for (const component of components) {
    const isDone = steps.some((step) => step.component === component.name && step.outcome === 'done')
    if (!isDone || context.signal.aborted || !isRetentionDue(retentionTraces(journal, component.name), clock.now())) continue
    const { applyRetention } = await context.code.retention()
    listen({ type: 'retention-began', at: clock.now(), component: component.name })
    const result = await applyRetention(
      context,
      component,
      { allowLarge: false, clockIsRight: false },
      {
        report: ({ name }, progress) => listen({ type: 'retention-progress', at: clock.now(), component: name, progress }),
        removed: () => undefined,
      },
    )
    listen({ type: 'retention-ended', at: clock.now(), result })
    results.push(result)
  }
  return results
}

/** A site of another machine is refused before anything; a storage that doesn't answer is each step's own matter. */
async function requireLease(context: AppContext): Promise<void> {
  try {
    await context.lease.hold()
  } catch (error) {
    const { code } = toHoldfastError(error)
    if (code === 'site-taken' || code === 'interrupted') throw error
  }
}

/** After every run that could write at all, a failed one too. That it could not be refreshed fails no component. */
async function refreshedKit(
  context: AppContext,
  steps: readonly StepResult[],
  errors: ErrorRecord[],
): Promise<RunResult['kit'] | undefined> {
  if (context.signal.aborted || !context.lease.isHeld()) return undefined
  const beganAt = context.clock.now()
  try {
    const { point, addedBytes } = await refreshKit(context, steps)
    return { point: point.id, addedBytes, durationMs: context.clock.now() - beganAt }
  } catch (error) {
    errors.push(errorRecord(kitFailure(error)))
    return undefined
  }
}

/** The time tells runs apart, and four digits those of a clock that was set back: chance enough, without loading node:crypto. */
function newRunId(at: Instant): string {
  const digits = Math.floor(Math.random() * 0x1_00_00).toString(16)
  return `${isoInstant(at).slice(0, 19).replaceAll(/[-:]/g, '')}Z-${digits.padStart(4, '0')}`
}

function outcomeOf(steps: readonly StepResult[], wanted: number, aborted: boolean): RunOutcome {
  if (aborted && (steps.length < wanted || steps.some((step) => step.outcome === 'interrupted'))) return 'interrupted'
  if (steps.every((step) => step.outcome === 'done')) return 'done'
  return steps.every((step) => step.outcome === 'failed') ? 'failed' : 'partial'
}

/** What retention refuses is said, and waits for a person; the run itself has gone well. */
function withErrors(outcome: RunOutcome, errors: readonly ErrorRecord[], retention: readonly RetentionResult[]): RunOutcome {
  if (retention.some((one) => one.outcome === 'interrupted')) return 'interrupted'
  const isWhole = errors.length === 0 && retention.every((one) => one.outcome !== 'failed')
  return outcome === 'done' && !isWhole ? 'partial' : outcome
}

function journalFailure(thrown: unknown): HoldfastError {
  const { code, message, hint } = toHoldfastError(thrown)
  return new HoldfastError(code, `the journal could not be written: ${message}`, {
    hint: hint ?? 'what this run made can be restored, but status and the next run do not know of it: see to that file system',
    cause: thrown,
  })
}

/** How a run ends as a process: interrupted, or as any batch does. A partial step has made a point, and is no full failure. */
export function exitCodeOfRun(result: RunResult): number {
  if (result.outcome === 'interrupted') return exitCodes.interrupted
  const failures = result.steps.filter((step) => step.outcome !== 'done').map((step) => step.errors)
  if (result.errors.length > 0) failures.push(result.errors)
  for (const { outcome, error } of result.retention ?? []) if (outcome === 'failed' && error) failures.push([error])
  return batchExitCode(failures, result.outcome === 'failed' ? failures.length : Infinity)
}
