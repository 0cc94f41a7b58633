import type { Component } from '../domain/site.ts'
import type { PointSighting } from '../journal/point-cache.ts'
import type { AppContext } from './context.ts'
import { engineContext } from './run-step.ts'

/** Asks the engine of a component for its restore points and windows, and remembers the answer for `status`. */
export async function askPoints(context: AppContext, component: Component, options: { usage: boolean }): Promise<PointSighting> {
  const engine = context.engineOf(component)
  const work = engineContext(context, component, () => undefined)
  const points = await engine.listPoints(work)
  const sighting: PointSighting = {
    askedAt: context.clock.now(),
    points,
    windows: await engine.recoveryWindows?.(points, work),
    repositoryBytes: options.usage ? await engine.usage(work) : context.pointCache.read(component.name)?.repositoryBytes,
  }
  context.pointCache.write(component.name, sighting)
  return sighting
}
