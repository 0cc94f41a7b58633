import { isAhead } from '../../domain/clock.ts'
import type { Recoverability } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import type { AppContext } from '../site/context.ts'

/** Which instants of a database can be restored. */
export async function askRecoverability(
  context: AppContext,
  component: PostgresComponent,
  work: EngineContext,
): Promise<Recoverability> {
  const now = context.clock.now()
  // What a wrong clock has seen would be the end of a window for as long as that lives.
  const known = (context.pointCache.read(component.name)?.windows ?? []).filter(({ to }) => !isAhead(to, now))
  return context.engineOf(component).recoverability(known, work)
}
