import { defined } from '../../domain/defined.ts'
import type { Assertion, DrillResult } from '../../domain/drill.ts'
import { toHoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { examineDatabase } from '../../drills/postgres.ts'
import type { PrivateServer, Reached } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import { planRestore } from '../restore/ask-plan.ts'
import { restoreExecutor } from '../restore/executor.ts'
import type { RestoreRequest } from '../restore/request.ts'

interface DatabaseDrill {
  readonly findings: { point?: RestorePoint; readonly assertions: Assertion[] }
  readonly restored: () => void
  readonly report: (progress: Progress) => void
}

/** The cluster as it would be left if the server were gone now: recovered to the end of the archive, and asked. */
export async function drillDatabase(
  context: AppContext,
  component: PostgresComponent,
  request: RestoreRequest,
  { findings, restored, report }: DatabaseDrill,
): Promise<Pick<DrillResult, 'lossMs' | 'sizeBytes' | 'notes'>> {
  const live = await askLive(context, component)
  let isComplete = false
  const plan = await planRestore(context, request, { report, prepares: true })
  findings.point = plan.point
  const window = plan.source === 'database' ? plan.recovery.newestWindow : undefined
  const inspect = async (server: PrivateServer) => {
    isComplete = live !== undefined && (await server.containsAllCommits(live))
    const examined = await examineDatabase({
      ...{ server, signal: context.signal },
      queries: component.drill?.queries ?? [],
      // The programs of a container sort texts by its system's rules, and this machine's may have others.
      checksIndexes: component.source.container === undefined || server.place.kind === 'container',
      deadlineMs: component.deadline,
      report: (note) => report({ note }),
    })
    // Of an attempt before, nothing stays.
    findings.assertions.splice(0, Infinity, holeAssertion(window), ...examined)
  }
  const { sizeBytes, notes, lossAtMostMs = 0 } = await restoreExecutor(context, { report, restored, inspect })(plan)
  return { lossMs: isComplete ? 0 : lossAtMostMs, ...defined({ sizeBytes }), notes }
}

/** A restore ends at a hole in the WAL as if that were the end; what is archived behind it is out of reach. */
function holeAssertion(newest: RecoveryWindow | undefined): Assertion {
  const what = 'the newest archived WAL can be reached'
  if (newest?.brokenAfter !== true) return { what, holds: true }
  return { what, holds: false, said: `after segment ${newest.lastWal} one is missing, and what follows cannot be restored` }
}

/** Where the live server is, to which the copy is compared. It is only asked; and a drill is for the day when it can't be. */
async function askLive(context: AppContext, component: PostgresComponent): Promise<Reached | undefined> {
  try {
    const server = await context.serverOf(component)
    return await server.reached()
  } catch (error) {
    if (toHoldfastError(error).code === 'interrupted') throw error
    return undefined
  }
}
