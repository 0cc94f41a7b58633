import { lstatSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Progress } from '../../domain/events.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { bytes, formatSize } from '../../domain/size.ts'
import type { FilesComponent } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import type { AppContext } from '../site/context.ts'
import { requireFreeSpace } from '../component/free-space.ts'
import type { RecoveryPlace } from './step.ts'
import { pathsInPoint } from '../restore/facts/files-facts.ts'
import { choosePoint } from '../component/restore-point.ts'
import { prepareTarget, refuseLinks } from '../restore/facts/target-state.ts'

export interface FilesWish {
  readonly at: string | undefined
  /** Told: write over what lies in the component's place. */
  readonly overwrite: boolean
  readonly place: RecoveryPlace
}

/**
 * Brings files back to where they were. Where something lies already they go beside it, below the state folder: a machine
 * that is not quite bare may hold somebody's data, and its own /etc.
 */
export async function recoverFiles(
  context: AppContext,
  component: FilesComponent,
  wish: FilesWish,
  report: (progress: Progress) => void,
): Promise<string[]> {
  const { paths } = component.source
  const engine = context.engineOf(component)
  const work: EngineContext = { signal: context.signal, clock: context.clock, report }
  const point = await choosePoint(await engine.listPoints(work), { at: wish.at, point: undefined }, context)
  const occupied = paths.find((path) => isOccupied(path, context.site.file))
  const beside = join(context.stateDirectory, 'recovered', component.name)
  const target = wish.overwrite ? '/' : (wish.place.before ?? (occupied === undefined ? '/' : beside))
  // What a recovery that was killed has left is the snapshot's own, links included.
  if (target === '/' && wish.overwrite && wish.place.before !== '/') refuseLinks('/', paths)
  if (target !== '/') prepareTarget(target, undefined)
  await requireFreeSpace(context.machine, target === '/' ? (paths[0] ?? '/') : target, 'the restore', point.sizeBytes ?? bytes(0))
  wish.place.take(target)
  // In place folder by folder: restic restoring all of a snapshot would set owner and mode of /, /etc and /srv too.
  if (target === '/')
    await engine.restore({ point, paths: await pathsInPoint(engine, point, component.source, work), target, holds: 'live' }, work)
  else await engine.restore({ point, paths: [], target }, work)

  const found = paths.map((path) => join(target, path)).filter((path) => exists(path))
  const { files, sizeBytes } = await context.machine.measure(found)
  const when = formatLocalStamp(point.endedAt, context.site.timeZone)
  return [
    `snapshot ${shortPointId(point.id)} of ${when}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes(sizeBytes))}`,
    ...(target === '/'
      ? []
      : [
          `${occupied ?? 'its place'} holds something already, so they lie in ${target}: compare, and move what you want`,
          `or write over it: holdfast recover --step ${component.name} --overwrite ${component.name}`,
        ]),
    ...paths.filter((path) => !exists(join(target, path))).map((path) => `the snapshot does not hold ${path}`),
  ]
}

/** The folder of Holdfast's own configuration is no obstacle to itself: what lies there was just put there. */
function isOccupied(path: string, configuration: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined || path === configuration) return false
  if (!stats.isDirectory()) return true
  const entries = readdirSync(path)
  const ours = path === dirname(configuration) ? ownEntries : []
  return entries.some((name) => !ours.includes(name) && join(path, name) !== configuration)
}

const ownEntries = ['secrets', 'pgbackrest', '.gitignore']

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
