import type { FilesComponent } from '../../domain/site.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { requirePlannedSpace, type RestorePlan } from './plan.ts'
import type { Restored, RestoreOutcome, RestoreWatcher } from './request.ts'
import { filesInPlace } from './targets/files-in-place.ts'
import { filesIntoFolder } from './targets/files.ts'

/** Runs plans. What it works with is bound here; what it does is said by the plan alone. */
export function restoreExecutor(context: AppContext, watcher: RestoreWatcher): (plan: RestorePlan) => Promise<RestoreOutcome> {
  const { clock, signal } = context
  const { report, restored = () => undefined } = watcher
  const targetOf = (plan: RestorePlan): { apply(plan: RestorePlan): Promise<Restored> } => {
    const component = componentNamed(context.site, plan.component) as FilesComponent
    const tools = { context, engine: context.engineOf(component), work: { signal, clock, report }, restored }
    return plan.target.kind === 'in-place' ? filesInPlace(tools) : filesIntoFolder(tools)
  }
  return async (plan) => {
    const beganAt = clock.now()
    requirePlannedSpace(plan)
    const brought = await targetOf(plan).apply(plan)
    const price = plan.downloadPrice === undefined ? {} : { downloadPrice: plan.downloadPrice }
    const durationMs = clock.now() - beganAt
    return { ...brought, ...price, component: plan.component, kind: plan.target.kind, durationMs }
  }
}
