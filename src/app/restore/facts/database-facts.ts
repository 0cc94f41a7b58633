import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../../../domain/errors.ts'
import type { PostgresComponent } from '../../../domain/site.ts'
import type { DatabaseRestoreRequest } from '../../../engines/database-port.ts'
import type { EngineContext } from '../../../engines/port.ts'
import { clusterOwner } from '../../../sources/postgres/data-directory.ts'
import type { ClusterOwner } from '../../../sources/postgres/port.ts'
import { writeMissingConfiguration } from '../../component/engine-configuration.ts'
import type { AppContext } from '../../site/context.ts'
import { ownerHere } from '../executors/here.ts'
import { withWorkbench } from '../executors/open.ts'
import { holdsOf, stampOf, type DatabaseTarget } from '../plan.ts'
import type { DatabaseFacts } from '../plan/database-plan.ts'
import { chooseRecovery, type ChosenRecovery } from '../plan/recovery.ts'
import type { RestoreRequest } from '../request.ts'
import { askDatabaseTarget } from './database-target.ts'
import { chooseExecutor, executorNamed } from './executor-facts.ts'
import { askRecovery } from './recovery-facts.ts'

export interface Asking {
  readonly work: EngineContext
  /** Whether the live server is made to archive what it holds, and what the engine lacks here is written; else nothing changes. */
  readonly prepares: boolean
}

/** Asks engine, live server, disks and containers all that a restore of a database depends on. */
export async function askDatabase(
  context: AppContext,
  component: PostgresComponent,
  request: RestoreRequest,
  { work, prepares }: Asking,
): Promise<DatabaseFacts> {
  if (request.paths.length > 0 || request.patterns.length > 0) {
    throw new HoldfastError('usage', '--path and --match are for files; a database is restored whole', {
      hint: 'leave them out; --database and --table take one database or table out of it',
    })
  }
  const now = context.clock.now()
  const stamp = stampOf(now)
  const choice = await chooseExecutor(context, component, request.target)
  // Before anything is asked of the repository, which may be far away.
  const own = choice.kind === 'here' ? ownerOf(component, request) : undefined
  const target = await askDatabaseTarget(context, component, request, { stamp, owner: own })
  // In a container of its own, so that an image that is gone or lacks something interrupts nobody.
  const asking = await executorNamed(context, component, choice, { name: `${stamp}-ask`, folders: [] })
  const answers = await withWorkbench(context, component, asking, async ({ engine, ...bench }) => {
    const owner = own ?? bench.owner
    if (prepares) await writeMissingConfiguration(context, component, { engine, owner, isHelper: asking.kind !== 'here' })
    const question = { context, component, engine, work, archives: prepares }
    const chosen = chooseRecovery(request, await askRecovery(question, request))
    const asked = engineRestoreOf(chosen, target)
    return { chosen, owner, engine: asked, engineCommands: await engine.restoreCommands(asked, work) }
  })
  const locations = target.kind === 'in-place' ? target.live.tablespaces.map(({ location }) => location) : []
  const folders = choice.kind === 'here' ? [] : [...choice.folders, ...(target.kind === 'in-place' ? [target.folder] : [])]
  return {
    ...{ now, target, ...answers },
    executor: await executorNamed(context, component, choice, { name: stamp, folders }),
    free: await context.machine.freeSpace(target.folder),
    freeOfTablespaces: await Promise.all(locations.map((location) => context.machine.freeSpace(location))),
  }
}

/** Of an empty folder the owner says nothing: root may have made it for us on a bare machine. */
function ownerOf(component: PostgresComponent, { target }: RestoreRequest): ClusterOwner {
  const { dataDirectory } = component.source
  const isEmpty = target.kind === 'bare-machine' && existsSync(dataDirectory) && readdirSync(dataDirectory).length === 0
  return isEmpty ? clusterOwner(join(dataDirectory, 'none')) : ownerHere(component)
}

function engineRestoreOf({ point, recovery }: ChosenRecovery, target: DatabaseTarget): DatabaseRestoreRequest {
  return {
    ...{ point, at: recovery.stop },
    ...(recovery.timeline === undefined ? {} : { timeline: recovery.timeline }),
    // The other databases come back as holes, which saves their download.
    ...('of' in target ? { database: target.of.database } : {}),
    target: target.kind === 'in-place' ? target.live.dataDirectory : target.folder,
    holds: holdsOf(target.state),
  }
}
