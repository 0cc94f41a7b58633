import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDatabase } from '../../domain/site.ts'
import { pgCtlStop, runControl, runsIn } from '../../sources/postgres/server-control.ts'
import type { AppContext } from '../site/context.ts'
import { forgetFolder } from '../../state/restore-marks.ts'

/**
 * Where drills restore: in the state of the site, which the owner of a cluster gets into. What is in it belongs to one drill,
 * under the lock of the site, and is nobody's afterwards.
 */
const drillsFolder = ({ stateDirectory }: Pick<AppContext, 'stateDirectory'>): string => join(stateDirectory, 'drill')

export const drillFolderOf = (context: Pick<AppContext, 'stateDirectory'>, component: string): string =>
  join(drillsFolder(context), component)

export const drillLeftText = 'removed what a drill that was killed had restored'

/** Removes all that a drill restored, tablespaces too, and says whether there was anything. Never interrupted. */
export async function removeDrillFolder(context: AppContext): Promise<boolean> {
  const folder = drillsFolder(context)
  const { signal } = new AbortController()
  for (const component of context.site.components) {
    const restored = drillFolderOf(context, component.name)
    // One whose drill was killed is on its way down by itself; until then it writes.
    if (isDatabase(component) && runsIn(restored)) {
      await runControl(context.place, pgCtlStop(context.place, restored), 'stopping what a drill had restored', signal)
    }
    forgetFolder(context, restored)
  }
  const isLeft = existsSync(folder) && readdirSync(folder).length > 0
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  return isLeft
}
