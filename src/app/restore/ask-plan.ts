import type { Progress } from '../../domain/events.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase } from '../../domain/site.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { askDatabase } from './facts/database-facts.ts'
import { askFiles } from './facts/files-facts.ts'
import type { RestorePlan } from './plan.ts'
import { planDatabase } from './plan/database-plan.ts'
import { planFiles } from './plan/files-plan.ts'
import type { RestoreRequest } from './request.ts'

export interface Planning {
  readonly report: (progress: Progress) => void
  /**
   * Whether it is going to be run: then a live server is made to archive what it holds, and a missing configuration of the engine
   * is written. A look ahead changes nothing.
   */
  readonly prepares: boolean
}

/** Asks what a restore depends on, and plans it. */
export async function planRestore(
  context: AppContext,
  request: RestoreRequest,
  { report, prepares }: Planning,
): Promise<RestorePlan> {
  const component = componentNamed(context.site, request.component)
  if (request.at !== undefined && request.point !== undefined) {
    throw new HoldfastError('usage', '--at and --point exclude each other', { hint: 'give the time or the point' })
  }
  report({ note: 'looking for the restore point' })
  const work = { signal: context.signal, clock: context.clock, report }
  if (!isDatabase(component)) {
    return planFiles(component, request, await askFiles(context, component, request, work), context.site)
  }
  return planDatabase(component, request, await askDatabase(context, component, request, { work, prepares }), context.site)
}
