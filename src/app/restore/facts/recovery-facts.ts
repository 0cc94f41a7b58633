import { isHoldfastError, type ErrorCode } from '../../../domain/errors.ts'
import type { PostgresComponent, Site } from '../../../domain/site.ts'
import type { DatabaseEngine } from '../../../engines/database-port.ts'
import type { EngineContext } from '../../../engines/port.ts'
import { heartbeatOwner } from '../../../sources/postgres/port.ts'
import { askRecoverability, type AskedPoints } from '../../component/recoverability.ts'
import type { AppContext } from '../../site/context.ts'
import { needsLiveServer, type ArchivedNow, type RecoveryFacts } from '../plan/recovery.ts'
import type { RestoreRequest } from '../request.ts'

export interface RecoveryQuestion {
  readonly context: AskedPoints & Pick<AppContext, 'serverOf'> & { readonly site: Pick<Site, 'name' | 'timeZone'> }
  readonly component: PostgresComponent
  readonly engine: DatabaseEngine
  readonly work: EngineContext
  /** Whether the live server is made to archive what it holds; a look ahead only assumes that it would. */
  readonly archives: boolean
}

/** Asks the engine what there is, and the live server for what has not been archived yet. */
export async function askRecovery(question: RecoveryQuestion, request: RestoreRequest): Promise<RecoveryFacts> {
  const { context, engine, work } = question
  const points = await engine.listPoints(work)
  const askWindows = async () => (await askRecoverability(context, question, work)).windows
  // A point is restored to its own end, whatever was archived since.
  const isFixed = request.point !== undefined && request.name === undefined
  const windows = isFixed ? [] : await askWindows()
  const facts = { points, windows, now: context.clock.now(), timeZone: context.site.timeZone }
  if (!needsLiveServer(request, facts)) return { ...facts, archived: {} }
  const archived = await archiveNow(question)
  return { ...facts, archived, windows: archived.segment === undefined ? windows : await askWindows() }
}

const goneCodes: ReadonlySet<ErrorCode> = new Set([
  'postgres-down',
  'source-missing',
  'container-missing',
  'container-down',
  'container-runtime',
])

async function archiveNow({ context, component, archives }: RecoveryQuestion): Promise<ArchivedNow> {
  try {
    const server = await context.serverOf(component)
    await server.requireReady()
    if (!archives) return { isAssumed: true }
    const writer = `${heartbeatOwner(context.site.name, component.name)}restore`
    const { segment } = await server.archiveUntilNow({ clock: context.clock, limitMs: 60_000, writer })
    return { segment }
  } catch (error) {
    // A restore is for the day on which the server is gone: whatever it can't do must not stand in the way.
    if (!isHoldfastError(error) || error.code === 'interrupted') throw error
    return goneCodes.has(error.code) ? {} : { note: `the live server holds more than could be archived: ${error.message}` }
  }
}
