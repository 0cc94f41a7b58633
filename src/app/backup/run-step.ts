import { defined } from '../../domain/defined.ts'
import { keepingPrice } from '../../cost/pricing.ts'
import { errorRecord, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import type { Listener, SourceSighting, StepOutcome, StepResult } from '../../domain/events.ts'
import { locationText } from '../../domain/repository.ts'
import { engineNameOf, isDatabase, sourcePaths, type Component } from '../../domain/site.ts'
import type { BackUpResult } from '../../engines/port.ts'
import { lastStepWithPoint } from '../../state/journal/journal.ts'
import { keptBytes } from '../../policy/pin.ts'
import type { RetryBudget } from '../../policy/retry.ts'
import { checkSources } from '../../sources/files.ts'
import type { AppContext } from '../site/context.ts'
import { engineContext } from '../component/engine-context.ts'
import { patiently, type RetryListener } from '../component/patiently.ts'
import { requireFreeSpace } from '../component/free-space.ts'
import type { BackUpContext } from './back-up-code.ts'

export interface StepOptions {
  readonly pin: string | undefined
  readonly runId: string
  readonly allowEmpty: boolean
  /** The run before was killed: whatever it left behind is cleared first. */
  readonly afterKill: boolean
  /** Shared by all steps of a run. */
  readonly retries: RetryBudget
}

/** What a step has found out so far; a failure in the middle still reports it. */
interface Findings {
  attempts: number
  sources: readonly SourceSighting[]
  readonly healed: string[]
  readonly warnings: string[]
}

/** Backs up one component. Never throws: whatever happens becomes the step's result. */
export async function runStep(
  context: BackUpContext,
  component: Component,
  options: StepOptions,
  listen: Listener,
): Promise<StepResult> {
  const { clock } = context
  const beganAt = clock.now()
  listen({ type: 'step-began', at: beganAt, component: component.name })
  const findings: Findings = { attempts: 0, sources: [], healed: [], warnings: [] }
  const finish = (outcome: StepOutcome, errors: readonly ErrorRecord[], made?: BackUpResult): StepResult => ({
    component: component.name,
    engine: engineNameOf(component),
    outcome,
    from: sourcePaths(component.source),
    to: locationText(component.location),
    beganAt,
    durationMs: clock.now() - beganAt,
    attempts: findings.attempts,
    ...(made === undefined
      ? {}
      : {
          processedBytes: made.processedBytes,
          addedBytes: made.addedBytes,
          point: made.point,
          ...(options.pin === undefined ? {} : { pin: pinOf(context, component, made, options.pin) }),
          ...defined({ processedFiles: made.processedFiles }),
        }),
    healed: findings.healed,
    warnings: [...findings.warnings, ...(made?.warnings ?? [])],
    errors,
    sources: findings.sources,
  })
  let result: StepResult
  try {
    const retries: RetryListener = {
      heal: async ({ code }) => code === 'locked' && (await healLock(context, component, findings, listen)),
      waits: (error, waitMs) =>
        listen({ type: 'step-retries', at: clock.now(), component: component.name, error: errorRecord(error), waitMs }),
    }
    const made = await patiently(context, options.retries, retries, () => {
      findings.attempts += 1
      return attempt(context, component, options, findings, listen)
    })
    result = finish(made.faults.length === 0 ? 'done' : 'partial', made.faults, made)
  } catch (thrown) {
    const error = toHoldfastError(thrown)
    result = finish(error.code === 'interrupted' ? 'interrupted' : 'failed', [errorRecord(error)])
  }
  listen({ type: 'step-ended', at: clock.now(), result })
  return result
}

/** A lock may be all that a killed process left: if the engine finds it stale, it goes, and the step is tried at once. */
async function healLock(context: AppContext, component: Component, findings: Findings, listen: Listener): Promise<boolean> {
  if (findings.healed.length > 0) return false
  const healed = await context.engineOf(component).heal(engineContext(context, component, listen))
  findings.healed.push(...healed)
  return healed.length > 0
}

async function attempt(
  context: BackUpContext,
  component: Component,
  options: StepOptions,
  findings: Findings,
  listen: Listener,
): Promise<BackUpResult> {
  await requireFreeSpace(context.machine, context.stateDirectory, 'the journal and the engines’ locks')
  const engine = context.engineOf(component)
  const engineWork = engineContext(context, component, listen)
  await engine.version(engineWork)
  const pinned = options.pin === undefined ? {} : { pin: options.pin }
  const readyStorage = async () => {
    if (context.lease.isHeld()) await context.storage.check(context.signal)
    else await context.lease.hold()
    if (options.afterKill && findings.attempts === 1) findings.healed.push(...(await engine.heal(engineWork)))
  }
  if (!isDatabase(component)) {
    const before = lastStepWithPoint(context.journal, component.name, context.clock.now())?.sources ?? []
    findings.sources = await checkSources(context.machine, component.source, before, options.allowEmpty)
    await requireFreeSpace(context.machine, context.cacheDirectory, 'restic’s cache')
    await readyStorage()
    return context.engineOf(component).backUp(pinned, engineWork)
  }
  const { backUpDatabase, requireServer } = await context.code.databases()
  const warn = (text: string) => {
    if (!findings.warnings.includes(text)) findings.warnings.push(text)
  }
  const healed = (what: string) => void findings.healed.push(what)
  const server = await requireServer(context, component, warn)
  await readyStorage()
  return backUpDatabase(context, { component, server, runId: options.runId, pinned, work: engineWork, warn, healed })
}

function pinOf(context: AppContext, component: Component, made: BackUpResult, reason: string): NonNullable<StepResult['pin']> {
  const kept = keptBy(context, component, made)
  return { reason, keptBytes: kept, monthlyPrice: keepingPrice(kept, context.site) }
}

/** What it added; of a database also what those added that it needs, which were listed just now. */
function keptBy(context: AppContext, component: Component, made: BackUpResult): number {
  const points = context.pointCache.read(component.name)?.points ?? []
  const point = points.find(({ id }) => id === made.point.id)
  return (point && keptBytes(point, points)) ?? made.addedBytes
}
