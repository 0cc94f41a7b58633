import type { PinOutcome } from '../../contract/points.ts'
import { keepingPrice } from '../../cost/pricing.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { keptBytes, pinReason } from '../../policy/pin.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { componentNamed, lockFileOf, type AppContext } from '../site/context.ts'
import { requireFreeSpace } from '../component/free-space.ts'
import { askAllPoints } from './points.ts'
import { namedPoint } from '../component/restore-point.ts'
import { engineContext } from '../component/engine-context.ts'

export interface PinWish {
  readonly component: string
  /** The beginning of a point's id. */
  readonly point: string
  /** Why it is kept for ever; undefined: no longer. */
  readonly reason: string | undefined
  /** How long to wait for a run to end, in milliseconds. */
  readonly waitMs: number
}

/** Keeps a point for ever, or no longer. The pin lies in the repository, so that every machine that opens it knows of it. */
export async function pin(context: AppContext, wish: PinWish, onWait: (holder: string) => void): Promise<PinOutcome> {
  const component = componentNamed(context.site, wish.component)
  const reason = wish.reason === undefined ? undefined : pinReason(wish.reason)
  const { place, clock, signal, journal } = context
  const verb = reason === undefined ? 'points unpin' : 'points pin'
  return withSiteLock({ place, clock, signal, file: lockFileOf(context), verb, waitMs: wish.waitMs, onWait }, async () => {
    await requireFreeSpace(context.machine, context.stateDirectory, 'the journal')
    const engine = context.engineOf(component)
    const work = engineContext(context, component, () => undefined)
    const points = await engine.listPoints(work)
    const point = namedPoint(points, wish.point)
    if (reason === undefined && point.pin === undefined) {
      throw new HoldfastError('usage', `${component.name} ${shortPointId(point.id)} is not pinned`, {
        hint: `holdfast points ${component.name} marks pins with ★`,
      })
    }
    await context.lease.hold()
    const id = await engine.pin(point, reason, work)
    const subject = { component: component.name, point: id, previousPoint: point.id }
    journal.append({ at: clock.now(), ...(reason === undefined ? { type: 'unpinned' } : { type: 'pinned', reason }), ...subject })
    // For status, which would go on showing the id of before.
    await askAllPoints(context, [component], { usage: false })
    const kept = keptBytes(point, points)
    const monthlyPrice = kept === undefined ? undefined : keepingPrice(kept, context.site)
    return { ...subject, at: point.endedAt, reason, previousReason: point.pin, keptBytes: kept, monthlyPrice }
  })
}
