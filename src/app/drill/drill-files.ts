import type { Assertion, DrillResult } from '../../domain/drill.ts'
import type { Progress } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { FilesComponent } from '../../domain/site.ts'
import { examineFiles } from '../../drills/files.ts'
import { planRestore } from '../restore/ask-plan.ts'
import { restoreExecutor } from '../restore/executor.ts'
import type { RestoreRequest } from '../restore/request.ts'
import type { AppContext } from '../site/context.ts'

interface FilesDrill {
  readonly findings: { point?: RestorePoint; readonly assertions: Assertion[] }
  readonly restored: () => void
  readonly report: (progress: Progress) => void
}

/** All files of the newest snapshot, verified by the engine, counted, and looked for. */
export async function drillFiles(
  context: AppContext,
  component: FilesComponent,
  request: RestoreRequest,
  { findings, restored, report }: FilesDrill,
): Promise<Pick<DrillResult, 'lossMs' | 'sizeBytes' | 'entries' | 'notes'>> {
  const beganAt = context.clock.now()
  const plan = await planRestore(context, request, { report, prepares: true })
  findings.point = plan.point
  const { target, notes } = await restoreExecutor(context, { report, restored })(plan)
  report({ note: 'counting' })
  const work = { signal: context.signal, clock: context.clock, report }
  const { entries, sizeBytes } = await context.machine.measure([target])
  const assertions = examineFiles(target, {
    counted: { entries, sizeBytes },
    mustExist: component.drill?.mustExist ?? [],
    recorded: await context.engineOf(component).count(plan.point, work),
  })
  findings.assertions.push(...assertions)
  return { lossMs: Math.max(0, beganAt - plan.point.endedAt), entries, sizeBytes, notes }
}
