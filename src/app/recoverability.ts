import type { Recoverability } from '../domain/restore-point.ts'
import type { Component } from '../domain/site.ts'
import type { EngineContext } from '../engines/port.ts'
import type { AppContext } from './context.ts'

/** What recovery can reach; undefined where there is nothing but restore points. */
export async function askRecoverability(
  context: AppContext,
  component: Component,
  work: EngineContext,
): Promise<Recoverability | undefined> {
  const known = context.pointCache.read(component.name)?.windows ?? []
  return context.engineOf(component).recoverability?.(known, work)
}
