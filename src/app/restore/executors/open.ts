import { isInContainer, type PostgresComponent } from '../../../domain/site.ts'
import type { PlannedExecutor } from '../plan.ts'
import { workbenchHere } from './here.ts'
import { withHelperContainer } from './helper-container.ts'
import type { Workbench, WorkbenchContext } from './workbench.ts'

/** Opens what a plan names for as long as the work takes. */
export async function withWorkbench<Result>(
  context: WorkbenchContext,
  component: PostgresComponent,
  executor: PlannedExecutor,
  work: (bench: Workbench) => Promise<Result>,
): Promise<Result> {
  if (executor.kind === 'here') {
    return work(await workbenchHere(context, component))
  }
  if (!isInContainer(component)) throw new Error(`${component.name} is in no container`)
  return withHelperContainer(context, component, executor, work)
}
