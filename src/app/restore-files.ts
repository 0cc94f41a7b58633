import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { bytes } from '../domain/size.ts'
import type { FilesComponent } from '../domain/site.ts'
import type { EngineContext } from '../engines/port.ts'
import type { AppContext } from './context.ts'
import { requireFreeSpace } from './free-space.ts'
import { choosePoint } from './restore-point.ts'
import { prepareTarget, refuseLinks } from './restore-target.ts'
import type { Restored, RestoreWish } from './restore.ts'
import { absoluteOnSource } from './source-path.ts'

/** Brings files back below the target, each at the place that it had on the source. */
export async function restoreFiles(
  context: AppContext,
  component: FilesComponent,
  wish: RestoreWish,
  work: EngineContext,
): Promise<Restored> {
  const { source } = component
  const engine = context.engineOf(component)
  const paths = wish.paths.map((path) => absoluteOnSource(path, source))
  const points = await engine.listPoints(work)
  const point = choosePoint(points, wish, context)
  const wanted = paths.length > 0 ? paths : source.paths
  // All of a snapshot may land anywhere below the target. On the source itself that is its own paths.
  if (wish.overwrite) refuseLinks(wish.target, paths.length > 0 || wish.target === '/' ? wanted : ['/'])
  prepareTarget(wish.target, undefined)
  if (paths.length === 0) requireFreeSpace(wish.target, 'the restore', point.sizeBytes ?? bytes(0))
  await engine.restore({ point, paths, target: wish.target }, work)
  // The paths of a component change; a snapshot holds those of its own time.
  const isThere = (path: string) => lstatSync(join(wish.target, path), { throwIfNoEntry: false }) !== undefined
  const places = wanted.filter(isThere).map((path) => join(wish.target, path))
  const notes = wanted
    .filter((path) => !isThere(path))
    .map((path) => `the snapshot does not hold ${path}, which the component has now`)
  return { point: point.id, ...(point.pin === undefined ? {} : { pin: point.pin }), restoredTo: point.endedAt, places, notes }
}
