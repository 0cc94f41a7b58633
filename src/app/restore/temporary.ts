import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import { privateControl, runControl, runsIn } from '../../sources/postgres/server-control.ts'
import { forgetFolder, markedFolders, markOf, type RestoreMark } from '../../state/restore-marks.ts'
import type { AppContext } from '../site/context.ts'
import { layout } from './folders.ts'

type TemporaryContext = Pick<AppContext, 'place' | 'signal' | 'stateDirectory'>

/** Stops a temporary cluster of a component and removes all of it; the only one there is when no folder is named. */
export async function stopTemporary(
  context: TemporaryContext,
  component: string,
  folder: string | undefined,
): Promise<RestoreMark> {
  const running = markedFolders(context, component, 'temporary')
  const mark = folder === undefined ? running[0] : markOf(context, folder)
  if (mark?.kind === 'temporary' && mark.component === component && (folder !== undefined || running.length === 1)) {
    await removeTemporary(context, mark.folder)
    return mark
  }
  const which = folder === undefined ? '' : ` in ${folder}`
  throw new HoldfastError(
    'usage',
    `there is ${running.length > 1 ? 'more than one' : 'no'} temporary cluster of ${component}${which}`,
    {
      hint:
        running.length === 0
          ? 'holdfast restore --temporary makes one'
          : `there are ${running.map((one) => one.folder).join(', ')}: name it after --stop`,
    },
  )
}

/** Stops what runs in a temporary cluster's folder, and removes all of it. */
export async function removeTemporary(context: TemporaryContext, folder: string): Promise<void> {
  const { data, socket, log } = layout(folder)
  if (runsIn(data)) {
    const hba = join(socket, 'pg_hba.conf')
    const { stop } = privateControl(context.place, data, { socketDirectory: socket, hba, log })
    await runControl(context.place, stop, 'stopping the temporary cluster', context.signal)
  }
  rmSync(folder, { recursive: true, force: true })
  forgetFolder(context, data)
  forgetFolder(context, folder)
}
