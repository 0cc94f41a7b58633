import { isAbsolute, join, normalize, sep } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'
import { bytes } from '../domain/size.ts'
import type { FilesComponent, FilesSource } from '../domain/site.ts'
import type { EngineContext } from '../engines/port.ts'
import type { AppContext } from './context.ts'
import { requireFreeSpace } from './free-space.ts'
import { choosePoint } from './restore-point.ts'
import { prepareTarget } from './restore-target.ts'
import type { Restored, RestoreWish } from './restore.ts'

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
  prepareTarget(wish.target, undefined)
  if (paths.length === 0) requireFreeSpace(wish.target, 'the restore', point.sizeBytes ?? bytes(0))
  await engine.restore({ point, paths, target: wish.target }, work)
  const wanted = paths.length > 0 ? paths : source.paths
  return { point: point.id, restoredTo: point.endedAt, places: wanted.map((path) => join(wish.target, path)), notes: [] }
}

/** `worlds/x` means that path below one of the component's own; an absolute path means itself. */
function absoluteOnSource(path: string, source: FilesSource): string {
  const clean = normalize(path).replace(/\/+$/, '')
  if (isAbsolute(clean)) return clean
  if (clean === '..' || clean.startsWith(`..${sep}`)) {
    throw new HoldfastError('usage', `--path ${path} leaves the component`, {
      hint: 'give a path below one of the component’s own',
    })
  }
  const [only, ...others] = source.paths
  if (only !== undefined && others.length === 0) return join(only, clean)
  throw new HoldfastError('usage', `--path ${path} is relative, and the component has ${source.paths.length} paths`, {
    hint: `give the absolute path, below ${source.paths.join(' or ')}`,
  })
}
