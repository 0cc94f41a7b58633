import { isAhead } from '../../domain/clock.ts'
import type { Recoverability } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { DatabaseEngine } from '../../engines/database-port.ts'
import type { EngineContext } from '../../engines/port.ts'
import type { AppContext } from '../site/context.ts'

/** What an earlier answer is taken from. */
export interface AskedPoints extends Pick<AppContext, 'clock'> {
  readonly pointCache: Pick<AppContext['pointCache'], 'read'>
}

/** Which instants of a database can be restored. */
export async function askRecoverability(
  { clock, pointCache }: AskedPoints,
  {
    component,
    engine,
  }: { readonly component: Pick<PostgresComponent, 'name'>; readonly engine: Pick<DatabaseEngine, 'recoverability'> },
  work: EngineContext,
): Promise<Recoverability> {
  const now = clock.now()
  // What a wrong clock has seen would be the end of a window for as long as that lives.
  const known = (pointCache.read(component.name)?.windows ?? []).filter(({ to }) => !isAhead(to, now))
  return engine.recoverability(known, work)
}
