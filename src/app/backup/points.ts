import { errorRecord, type ErrorRecord } from '../../domain/errors.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import type { AppContext } from '../site/context.ts'
import { askRecoverability } from '../component/recoverability.ts'
import { writeMissingConfiguration } from '../component/engine-configuration.ts'
import { engineContext } from '../component/engine-context.ts'

export type PointsAnswer =
  | { readonly component: string; readonly sighting: PointSighting }
  | { readonly component: string; readonly error: ErrorRecord }

/** One answer a component; one that can't be asked doesn't hide the others. Throws only when it is interrupted. */
export async function askAllPoints(
  context: AppContext,
  components: readonly Component[],
  options: { usage: boolean },
): Promise<PointsAnswer[]> {
  const answers: PointsAnswer[] = []
  for (const component of components) {
    try {
      answers.push({ component: component.name, sighting: await askPoints(context, component, options) })
    } catch (error) {
      if (context.signal.aborted) throw error
      answers.push({ component: component.name, error: errorRecord(error) })
    }
  }
  return answers
}

/** Asks the engine of a component for its restore points and windows, and remembers the answer for `status`. */
async function askPoints(context: AppContext, component: Component, options: { usage: boolean }): Promise<PointSighting> {
  const engine = context.engineOf(component)
  const work = engineContext(context, component, () => undefined)
  if (isDatabase(component)) await writeMissingConfiguration(context, component, { engine: context.engineOf(component) })
  const points = await engine.listPoints(work)
  const reach = isDatabase(component)
    ? await askRecoverability(context, { component, engine: context.engineOf(component) }, work)
    : undefined
  const sighting: PointSighting = {
    askedAt: context.clock.now(),
    points,
    windows: reach?.windows,
    unreachable: reach?.unreachable,
    repositoryBytes: options.usage ? await engine.usage(work) : context.pointCache.read(component.name)?.repositoryBytes,
  }
  context.pointCache.write(component.name, sighting)
  return sighting
}
