import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { holdFile, holdSite } from '../site/hold-site.ts'
import { planRestore } from './ask-plan.ts'
import { restoreExecutor } from './executor.ts'
import { partFolder } from './folders.ts'
import { resolveInPlace } from './in-place/resolve.ts'
import { requirePlannedSpace } from './plan.ts'
import type { ChosenTarget, RestoreListener, RestoreOutcome, RestoreRequest } from './request.ts'

/**
 * Brings a component back, and says so only after it has been looked at: a database by starting it. Plans it, has a person
 * confirm what is changed and lost, and runs that plan.
 */
export async function restore(
  context: AppContext,
  request: RestoreRequest<ChosenTarget>,
  listener: RestoreListener,
): Promise<RestoreOutcome> {
  const { clock, journal } = context
  const component = componentNamed(context.site, request.component)
  const beganAt = clock.now()
  const resolved = await resolveInterrupted(context, component, listener)
  const outcome = await alone(context, component, request, async () => {
    const plan = await planRestore(context, request, { report: listener.report, prepares: true })
    requirePlannedSpace(plan)
    await requireYes(component, plan.consequences, listener)
    return restoreExecutor(context, listener)(plan)
  })
  const { point, target, sizeBytes } = outcome
  const { kind } = request.target
  const durationMs = clock.now() - beganAt
  const size = sizeBytes === undefined ? {} : { sizeBytes }
  journal.append({ type: 'restored', at: clock.now(), component: component.name, point, kind, target, durationMs, ...size })
  return { ...outcome, kind, durationMs, notes: [...resolved, ...outcome.notes] }
}

/** What a killed restore in place left is put right, or a person asked to choose, before anything is asked of that cluster. */
async function resolveInterrupted(context: AppContext, component: Component, { report }: RestoreListener): Promise<string[]> {
  if (!isDatabase(component)) return []
  const what = await resolveInPlace(context, component, { isAsked: false })
  if (what !== undefined) report({ note: what })
  return what === undefined ? [] : [what]
}

/** One restore at a time where two would be in each other's way, and none beside a run where live data is replaced. */
function alone<Result>(
  context: AppContext,
  component: Component,
  { target: { kind } }: RestoreRequest,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isDatabase(component)) return work()
  if (kind === 'in-place') return holdSite(context, 'restore', work)
  const isPart = kind === 'dump' || kind === 'live-database'
  return isPart ? holdFile(context, `${partFolder(context, component.name)}.lock`, 'restore', work) : work()
}

async function requireYes({ name }: Component, consequences: readonly string[], { agree }: RestoreListener): Promise<void> {
  if (consequences.length === 0 || (await agree(consequences))) return
  throw new HoldfastError('usage', 'not confirmed; nothing was restored', {
    hint: `type ${name} when asked, or give --yes`,
  })
}
