import type { Assertion, DrillResult } from '../../domain/drill.ts'
import type { Progress } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { Component } from '../../domain/site.ts'
import { examineFiles } from '../../drills/files.ts'
import type { AppContext } from '../site/context.ts'
import type { Drilling, RestoreOutcome } from '../restore/request.ts'

/** All files of the newest snapshot, verified by the engine, counted, and looked for. */
export async function drillFiles(
  context: AppContext,
  component: Component,
  restoring: (examine: Drilling['examine']) => Promise<RestoreOutcome>,
  findings: { readonly point?: RestorePoint; readonly assertions: Assertion[] },
  report: (progress: Progress) => void,
): Promise<Pick<DrillResult, 'lossMs' | 'sizeBytes' | 'entries' | 'notes'>> {
  const beganAt = context.clock.now()
  const { target, notes } = await restoring(async () => undefined)
  const point = findings.point as RestorePoint
  report({ note: 'counting' })
  const work = { signal: context.signal, clock: context.clock, report }
  const recorded = await context.engineOf(component).count?.(point, work)
  const { assertions, counted } = examineFiles(target, {
    mustExist: component.drill?.mustExist ?? [],
    recorded: recorded ?? { entries: 0, sizeBytes: 0 },
  })
  findings.assertions.push(...assertions)
  return { lossMs: Math.max(0, beganAt - point.endedAt), ...counted, notes }
}
