import { isDatabase } from '../../domain/site.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { withWorkbench } from './executors/open.ts'
import { requirePlannedSpace, type DatabasePlan, type FilesPlan, type RestorePlan } from './plan.ts'
import { proofFor, type DatabaseTools } from './proof.ts'
import type { ExecutedPlan, Restored, RestoreWatcher } from './request.ts'
import { clusterInFolder } from './targets/folder.ts'
import { temporaryCluster } from './targets/temporary.ts'
import { clusterInPlace } from './targets/in-place.ts'
import { dumpToFile } from './targets/dump.ts'
import { partIntoLiveDatabase } from './targets/live-database.ts'
import { clusterOnBareMachine } from './targets/bare-machine.ts'
import { filesOnBareMachine } from './targets/files-bare-machine.ts'
import { filesInPlace } from './targets/files-in-place.ts'
import { filesIntoFolder } from './targets/files.ts'

/** Runs plans. What it works with is bound here; what it does is said by the plan alone. */
export function restoreExecutor(context: AppContext, watcher: RestoreWatcher): (plan: RestorePlan) => Promise<ExecutedPlan> {
  return async (plan) => {
    const beganAt = context.clock.now()
    requirePlannedSpace(plan)
    const restored = await (plan.source === 'files' ? runFiles(context, watcher, plan) : runDatabase(context, watcher, plan))
    const price = plan.downloadPrice === undefined ? {} : { downloadPrice: plan.downloadPrice }
    const durationMs = context.clock.now() - beganAt
    return { ...restored, ...price, component: plan.component, durationMs }
  }
}

function runFiles(context: AppContext, watcher: RestoreWatcher, plan: FilesPlan): Promise<Restored> {
  const component = componentNamed(context.site, plan.component)
  if (isDatabase(component)) throw new Error(`${plan.component} is a database`)
  const engine = context.engineOf(component)
  const work = { signal: context.signal, clock: context.clock, report: watcher.report }
  const tools = { context, engine, work, restored: watcher.restored ?? (() => undefined) }
  switch (plan.target.kind) {
    case 'directory':
      return filesIntoFolder(tools).apply(plan)
    case 'in-place':
      return filesInPlace(tools).apply(plan)
    case 'bare-machine':
      return filesOnBareMachine(tools).apply(plan)
  }
}

function runDatabase(context: AppContext, watcher: RestoreWatcher, plan: DatabasePlan): Promise<Restored> {
  const component = componentNamed(context.site, plan.component)
  if (!isDatabase(component)) throw new Error(`${plan.component} is no database`)
  const work = { signal: context.signal, clock: context.clock, report: watcher.report }
  const tools: DatabaseTools = {
    ...{ context, component, work, prove: proofFor({ context, component, work }, watcher) },
    open: (executor, run) => withWorkbench(context, component, executor, run),
  }
  const { target } = plan
  switch (target.kind) {
    case 'directory':
      return clusterInFolder(tools).apply(plan)
    case 'temporary':
      return temporaryCluster(tools).apply(plan)
    case 'in-place':
      return clusterInPlace(tools).apply({ ...plan, target })
    case 'dump':
      return dumpToFile(tools).apply({ ...plan, target })
    case 'live-database':
      return partIntoLiveDatabase(tools).apply({ ...plan, target })
    case 'bare-machine':
      return clusterOnBareMachine(tools).apply(plan)
  }
}
