import { restoringPrice } from '../../cost/pricing.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import type { RestoreListener, RestoreOutcome, RestoreWish } from './request.ts'
import { restoreFiles } from './restore-files.ts'

/** Brings a component back, and says so only after it has been looked at: a database by starting it. */
export async function restore(context: AppContext, wish: RestoreWish, listener: RestoreListener): Promise<RestoreOutcome> {
  const outcome = await bringBack(context, wish, listener)
  const { component, point, target, kind, durationMs, sizeBytes } = outcome
  const size = sizeBytes === undefined ? {} : { sizeBytes }
  context.journal.append({ type: 'restored', at: context.clock.now(), component, point, kind, target, durationMs, ...size })
  return outcome
}

/** The same without a word in the journal. */
export async function bringBack(
  context: AppContext,
  wish: RestoreWish,
  { report, agree }: RestoreListener,
): Promise<RestoreOutcome> {
  const component = componentNamed(context.site, wish.component)
  if (wish.at !== undefined && wish.point !== undefined) {
    throw new HoldfastError('usage', '--at and --point exclude each other', { hint: 'give the time or the point' })
  }
  const requireYes = async (consequences: readonly string[]) => {
    if (await agree(consequences)) return
    throw new HoldfastError('usage', 'not confirmed; nothing was restored', {
      hint: `type ${component.name} when asked, or give --yes`,
    })
  }
  const beganAt = context.clock.now()
  const work: EngineContext = { signal: context.signal, clock: context.clock, report }
  report({ note: 'looking for the restore point' })
  // Loaded here, because files alone shall not pay for it.
  const restored = isDatabase(component)
    ? await (await import('./restore-database.ts')).restoreDatabase(context, component, wish, work, requireYes)
    : await restoreFiles(context, component, wish, work, requireYes)
  const durationMs = context.clock.now() - beganAt
  const { sizeBytes: restoredBytes } = restored
  const isPriced = restoredBytes !== undefined && wish.target.kind !== 'dump'
  const price = isPriced ? { downloadPrice: restoringPrice(restoredBytes, context.site) } : {}
  return { ...restored, ...price, component: component.name, kind: wish.target.kind, durationMs }
}
