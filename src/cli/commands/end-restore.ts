import { resolve } from 'node:path'
import { undoInPlace } from '../../app/restore/in-place/resolve.ts'
import type { RestoreOutcome } from '../../app/restore/request.ts'
import { stopTemporary } from '../../app/restore/temporary.ts'
import { componentNamed, type AppContext } from '../../app/site/context.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase, type PostgresComponent } from '../../domain/site.ts'
import { runsIn } from '../../sources/postgres/server-control.ts'
import type { Console } from '../output/console.ts'
import type { RestoreOptions } from '../restore-options.ts'

/** Until Ctrl-C, which here is how it is meant to end. */
export async function keepUntilStopped(context: AppContext, console: Console, outcome: RestoreOutcome): Promise<number> {
  const { signal } = context
  const [data = ''] = outcome.places
  // Somebody else may stop it too.
  while (!signal.aborted && runsIn(data)) await context.clock.sleep(1000, signal).catch(() => undefined)
  if (console.isTalking) console.fail(() => ['', 'stopping it, and removing its files'])
  await stopTemporary({ ...context, signal: new AbortController().signal }, outcome.component, outcome.target)
  return 0
}

export async function endEarlierRestore(
  context: AppContext,
  options: RestoreOptions,
  console: Console,
  name: string,
): Promise<number> {
  const component = databaseNamed(context, name)
  if (options.stop !== undefined) {
    const folder = options.stop === true ? undefined : resolve(options.stop)
    const { folder: removed } = await stopTemporary(context, name, folder)
    console.print({ stopped: { component: name, folder: removed } }, () => [
      `the temporary cluster in ${removed} is stopped and removed`,
    ])
    return 0
  }
  const said = await undoInPlace(context, component)
  console.print({ undone: { component: name, said } }, () => [said])
  return 0
}

function databaseNamed(context: AppContext, name: string): PostgresComponent {
  const component = componentNamed(context.site, name)
  if (isDatabase(component)) return component
  throw new HoldfastError('usage', `--stop and --undo are for databases, and ${name} holds files`)
}
