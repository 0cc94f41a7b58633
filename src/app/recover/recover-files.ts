import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Progress } from '../../domain/events.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { bytes, formatSize } from '../../domain/size.ts'
import type { FilesComponent } from '../../domain/site.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { planRestore } from '../restore/ask-plan.ts'
import { restoreExecutor } from '../restore/executor.ts'
import type { RestoreRequest } from '../restore/request.ts'
import type { AppContext } from '../site/context.ts'

interface FilesRecovery {
  readonly request: RestoreRequest
  /** Hears where it writes before it does. */
  readonly take: (into: string) => void
}

/**
 * Brings files back to where they were. Where something lies already they go beside it, below the state folder: a machine
 * that is not quite bare may hold somebody's data, and its own /etc.
 */
export async function recoverFiles(
  context: AppContext,
  component: FilesComponent,
  { request, take }: FilesRecovery,
  report: (progress: Progress) => void,
): Promise<string[]> {
  const plan = await planRestore(context, request, { report, prepares: true })
  const { point, target } = plan
  take(target.folder)
  await restoreExecutor(context, { report })(plan)
  const { paths } = component.source
  const found = paths.map((path) => join(target.folder, path)).filter((path) => exists(path))
  const { files, sizeBytes } = await context.machine.measure(found)
  const when = formatLocalStamp(point.endedAt, context.site.timeZone)
  const occupied = 'occupied' in target ? target.occupied : undefined
  return [
    `snapshot ${shortPointId(point.id)} of ${when}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes(sizeBytes))}`,
    ...(target.folder === '/'
      ? []
      : [
          `${occupied ?? 'its place'} holds something already, so they lie in ${target.folder}: compare, and move what you want`,
          `or write over it: holdfast recover --step ${component.name} --overwrite ${component.name}`,
        ]),
    ...paths.filter((path) => !exists(join(target.folder, path))).map((path) => `the snapshot does not hold ${path}`),
  ]
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
