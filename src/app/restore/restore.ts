import { restoringPrice } from '../../cost/pricing.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase } from '../../domain/site.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { planRestore, refuseContradiction } from './ask-plan.ts'
import { restoreExecutor } from './executor.ts'
import { requirePlannedSpace } from './plan.ts'
import { restoreDatabase } from './restore-database.ts'
import type { RestoreListener, RestoreOutcome, RestoreRequest, RestoreWish } from './request.ts'

/** Brings a component back, and says so only after it has been looked at: a database by starting it. */
export async function restore(context: AppContext, request: RestoreRequest, listener: RestoreListener): Promise<RestoreOutcome> {
  const beganAt = context.clock.now()
  const outcome = await bringBack(context, request, listener)
  const { component, point, target, kind, sizeBytes } = outcome
  const durationMs = context.clock.now() - beganAt
  const size = sizeBytes === undefined ? {} : { sizeBytes }
  context.journal.append({ type: 'restored', at: context.clock.now(), component, point, kind, target, durationMs, ...size })
  return { ...outcome, durationMs }
}

async function bringBack(context: AppContext, request: RestoreRequest, listener: RestoreListener): Promise<RestoreOutcome> {
  if (isDatabase(componentNamed(context.site, request.component))) return bringDatabaseBack(context, request, listener)
  const plan = await planRestore(context, request, listener.report)
  requirePlannedSpace(plan)
  await requireYes(request, plan.consequences, listener)
  return restoreExecutor(context, listener)(plan)
}

export async function bringDatabaseBack(
  context: AppContext,
  wish: RestoreWish,
  listener: RestoreListener,
): Promise<RestoreOutcome> {
  const component = componentNamed(context.site, wish.component)
  refuseContradiction(wish)
  const beganAt = context.clock.now()
  const work = { signal: context.signal, clock: context.clock, report: listener.report }
  const agreed = (consequences: readonly string[]) => requireYes(wish, consequences, listener)
  if (!isDatabase(component)) throw new HoldfastError('usage', `${component.name} holds files`)
  const restored = await restoreDatabase(context, component, wish, work, agreed)
  const { sizeBytes } = restored
  const isPriced = sizeBytes !== undefined && wish.target.kind !== 'dump'
  const price = isPriced ? { downloadPrice: restoringPrice(sizeBytes, context.site) } : {}
  const durationMs = context.clock.now() - beganAt
  return { ...restored, ...price, component: component.name, kind: wish.target.kind, durationMs }
}

async function requireYes(
  { component }: RestoreRequest,
  consequences: readonly string[],
  { agree }: RestoreListener,
): Promise<void> {
  if (consequences.length === 0 || (await agree(consequences))) return
  throw new HoldfastError('usage', 'not confirmed; nothing was restored', {
    hint: `type ${component} when asked, or give --yes`,
  })
}
