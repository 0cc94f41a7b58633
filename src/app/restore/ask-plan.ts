import type { Progress } from '../../domain/events.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { FilesComponent } from '../../domain/site.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { askFiles } from './facts/files-facts.ts'
import type { RestorePlan } from './plan.ts'
import { planFiles } from './plan/files-plan.ts'
import type { RestoreRequest } from './request.ts'

/** Asks what a restore depends on, and plans it. Nothing is changed. */
export async function planRestore(
  context: AppContext,
  request: RestoreRequest,
  report: (progress: Progress) => void,
): Promise<RestorePlan> {
  const component = componentNamed(context.site, request.component)
  refuseContradiction(request)
  report({ note: 'looking for the restore point' })
  const work = { signal: context.signal, clock: context.clock, report }
  const files = component as FilesComponent
  return planFiles(files, request, await askFiles(context, files, request, work), context.site)
}

export function refuseContradiction({ at, point }: RestoreRequest): void {
  if (at === undefined || point === undefined) return
  throw new HoldfastError('usage', '--at and --point exclude each other', { hint: 'give the time or the point' })
}
