import { errorRecord, isHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { planRestore } from '../restore/ask-plan.ts'
import type { RestorePlan } from '../restore/plan.ts'
import type { AppContext } from '../site/context.ts'
import { planRecovery, recoveryRequest, selectSteps } from './recover.ts'
import type { Recovery } from './step.ts'

/** A step that a recovery would take, and for a component the plan of its restore. */
export interface PreviewedStep {
  readonly step: string
  readonly what: string
  readonly detail: readonly string[]
  readonly done: boolean
  readonly plan?: RestorePlan
  /** Why the restore can't be planned on this machine as it is, where an earlier step may be what it lacks. */
  readonly error?: ErrorRecord
}

/**
 * What a recovery would do. Nothing but the kit is written, to the state folder.
 *
 * @param compose a context of the site, whose configuration may not lie in its place yet
 */
export async function previewRecovery(
  recovery: Recovery,
  names: readonly string[],
  compose: () => Promise<AppContext>,
): Promise<readonly PreviewedStep[]> {
  const { at, overwrite, progress } = recovery
  const context = await compose()
  const steps: PreviewedStep[] = []
  for (const { id, what, detail, component } of selectSteps(planRecovery(recovery), names)) {
    const recorded = progress.record.steps[id]
    const step = { step: id, what, detail, done: recorded?.endedAt !== undefined }
    if (component === undefined || step.done) {
      steps.push(step)
      continue
    }
    const overwrites = overwrite.includes(component.name)
    const request = recoveryRequest(component, { at, begunIn: recorded?.into, overwrites })
    try {
      steps.push({ ...step, plan: await planRestore(context, request, { report: () => undefined, prepares: false }) })
    } catch (error) {
      if (!isHoldfastError(error) || error.code === 'interrupted') throw error
      steps.push({ ...step, error: errorRecord(error) })
    }
  }
  return steps
}
