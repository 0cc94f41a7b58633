import { defined } from '../../domain/defined.ts'
import type { Assertion, DrillResult } from '../../domain/drill.ts'
import { toHoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import type { RecoveryWindow } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { examineDatabase } from '../../drills/postgres.ts'
import type { Reached } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import type { Drilling, RestoreOutcome } from '../restore/request.ts'

/** The cluster as it would be left if the server were gone now: recovered to the end of the archive, and asked. */
export async function drillDatabase(
  context: AppContext,
  component: PostgresComponent,
  restoring: (examine: Drilling['examine']) => Promise<RestoreOutcome>,
  findings: { readonly window?: RecoveryWindow | undefined; readonly assertions: Assertion[] },
  report: (progress: Progress) => void,
): Promise<Pick<DrillResult, 'lossMs' | 'sizeBytes' | 'notes'>> {
  const live = await askLive(context, component)
  let isComplete = false
  const outcome = await restoring(async (server, { place, signal }) => {
    isComplete = live !== undefined && (await server.containsAllCommits(live))
    const examined = await examineDatabase({
      ...{ server, signal },
      queries: component.drill?.queries ?? [],
      // The programs of a container sort texts by its system's rules, and this machine's may have others.
      checksIndexes: component.source.container === undefined || place.kind === 'container',
      deadlineMs: component.deadline,
      report: (note) => report({ note }),
    })
    // Of an attempt before, nothing stays.
    findings.assertions.splice(0, Infinity, holeAssertion(findings.window), ...examined)
  })
  const { sizeBytes, notes, lossAtMostMs = 0 } = outcome
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
