import type { Listener } from '../../domain/events.ts'
import type { Component } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import type { AppContext } from '../site/context.ts'

/** What an engine gets from a use case; how far it has come is told as progress of the component's step. */
export function engineContext(
  context: Pick<AppContext, 'signal' | 'clock'>,
  component: Component,
  listen: Listener,
): EngineContext {
  return {
    signal: context.signal,
    clock: context.clock,
    report: (progress) => listen({ type: 'step-progress', at: context.clock.now(), component: component.name, progress }),
  }
}
