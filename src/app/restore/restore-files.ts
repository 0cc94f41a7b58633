import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError, isHoldfastError } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { FilesComponent, FilesSource } from '../../domain/site.ts'
import type { Engine, EngineContext, RestoreRequest } from '../../engines/port.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import type { AppContext } from '../site/context.ts'
import { requireFreeSpace, requireRoom } from '../component/free-space.ts'
import { knownSize } from './restore-estimate.ts'
import { forgetFolder, markFolder } from '../component/restore-marks.ts'
import { choosePoint } from '../component/restore-point.ts'
import { prepareTarget, refuseLinks, refuseTarget } from './restore-target.ts'
import type { RequireYes, Restored, RestoreTarget, RestoreWish } from './request.ts'
import { absoluteOnSource } from '../component/source-path.ts'

/** Brings files back: below a folder, each at the place that it had on the source, or to where they came from. */
export async function restoreFiles(
  context: AppContext,
  component: FilesComponent,
  wish: RestoreWish,
  work: EngineContext,
  requireYes: RequireYes,
): Promise<Restored> {
  const { source } = component
  const target = fileTarget(wish.target)
  if (wish.name !== undefined) {
    throw new HoldfastError('usage', '--name is for databases', {
      hint: 'give --at or --point; holdfast points lists what there is',
    })
  }
  const folder = target.kind === 'in-place' ? '/' : target.folder
  const overwrite = target.kind === 'directory' && target.overwrite
  const holds =
    target.kind === 'in-place'
      ? 'live'
      : refuseTarget(context, component, folder, { overwrite, isDrill: wish.drill !== undefined })
  const paths = wish.paths.map((path) => absoluteOnSource(path, source))
  const literal = { ...source, paths: source.paths.map(literalPattern) }
  const patterns = wish.patterns.map((pattern) => absoluteOnSource(pattern, literal))
  const engine = context.engineOf(component)
  const points = await engine.listPoints(work)
  const point = await choosePoint(points, wish, context)
  wish.drill?.chosen(point)
  const isWhole = paths.length === 0 && patterns.length === 0
  const wanted = isWhole ? source.paths : paths
  // Over live data, all of a snapshot is what the component is now: a path that it no longer has may be somebody else's.
  const asked = holds === 'live' && isWhole ? await heldPaths(engine, point, source, work) : paths
  // To ask the engine costs a process of its own.
  const known = isWhole && holds !== 'live' ? knownSize(context.journal, point) : undefined
  const needed = known ?? (await engine.measure?.({ point, paths: asked, patterns }, work))
  const request = { point, paths: asked, patterns, target: folder, holds }
  if (target.kind === 'in-place') {
    const consequences = await planInPlace(context, component, engine, { ...request, deletes: target.deletes }, needed, work)
    await requireYes(consequences)
  } else if (overwrite) {
    // All of a snapshot may land anywhere below the target. On the source itself that is its own paths.
    refuseLinks(folder, patterns.length === 0 && (paths.length > 0 || folder === '/') ? wanted : ['/'])
    await requireYes([`files in ${folder} will be overwritten by those of the backup`])
  }
  if (target.kind === 'directory') {
    if (holds === 'nothing') requireRoom(folder, needed ?? bytes(0), wish.drill)
    prepareTarget(folder, undefined)
    markFolder(context, { component: component.name, kind: 'directory', folder })
  }
  const deletes = target.kind === 'in-place' && target.deletes
  await engine.restore({ ...request, deletes, verifies: wish.drill?.restored }, work)
  forgetFolder(context, folder)
  // The paths of a component change; a snapshot holds those of its own time.
  const isThere = (path: string) => lstatSync(join(folder, path), { throwIfNoEntry: false }) !== undefined
  const places = wanted.filter(isThere).map((path) => join(folder, path))
  const notes = wanted
    .filter((path) => !isThere(path))
    .map((path) => `the snapshot does not hold ${path}, which the component has now`)
  return {
    point: point.id,
    ...(point.pin === undefined ? {} : { pin: point.pin }),
    restoredTo: point.endedAt,
    target: folder,
    places: patterns.length > 0 && target.kind === 'directory' ? [...places, folder] : places,
    ...(needed === undefined ? {} : { sizeBytes: needed }),
    notes,
  }
}

/** Those of the component's paths that a snapshot holds. Throws `path-unknown` when it holds none. */
export async function heldPaths(
  engine: Engine,
  point: RestorePoint,
  { paths }: FilesSource,
  work: EngineContext,
): Promise<string[]> {
  const held: string[] = []
  for (const path of paths) {
    try {
      await engine.measure?.({ point, paths: [path] }, work)
      held.push(path)
    } catch (error) {
      if (!(isHoldfastError(error) && error.code === 'path-unknown')) throw error
    }
  }
  if (held.length > 0) return held
  throw new HoldfastError('path-unknown', `the snapshot holds none of ${paths.join(', ')}`, {
    hint: 'restore it into a folder with --to',
  })
}

type FileTarget = Extract<RestoreTarget, { kind: 'directory' | 'in-place' }>

function fileTarget(target: RestoreTarget): FileTarget {
  if (target.kind === 'directory' || target.kind === 'in-place') return target
  throw new HoldfastError('usage', 'files are restored into a folder or in place', {
    hint: 'name a folder with --to, or give --in-place',
  })
}

/** Looks whether files can go back to where they came from, and says what that changes. Nothing is touched. */
async function planInPlace(
  context: AppContext,
  { name, source }: FilesComponent,
  engine: Engine,
  request: RestoreRequest,
  needed: Bytes | undefined,
  work: EngineContext,
): Promise<string[]> {
  const places = [...request.paths, ...(request.patterns ?? [])]
  const able = (await engine.overwriting?.(work)) ?? { replacesLinks: false, deletes: false }
  if (request.deletes && !able.deletes) {
    throw new HoldfastError(
      'engine-too-old',
      `${engine.name} ${await engine.version(work)} cannot delete what a snapshot lacks`,
      {
        hint: 'leave --delete out, or name restic 0.17 or newer under engines: in holdfast.yaml',
      },
    )
  }
  const folders = request.paths.length > 0 ? request.paths : source.paths
  if (!able.replacesLinks) refuseLinks('/', folders)
  const [first = '/'] = folders
  requireFreeSpace(first, 'the restore', bytes(Math.max(0, (needed ?? 0) - presentBytes(folders))))
  const stamp = formatLocalStamp(request.point.endedAt, context.site.timeZone)
  return [
    `files of ${name} will be written over what is there now, as they were at ${stamp}:`,
    ...places.map((path) => `  ${path}`),
    ...(request.deletes ? await deletionsText(engine, request, source, work) : ['nothing is deleted']),
  ]
}

async function deletionsText(
  engine: Engine,
  request: RestoreRequest,
  { exclude }: FilesSource,
  work: EngineContext,
): Promise<string[]> {
  const gone = (await engine.listDeletions?.(request, work)) ?? []
  if (gone.length === 0) return ['nothing has to be deleted']
  const also = exclude.length === 0 ? '' : ', among them what exclude: keeps out of backups'
  return [
    `${gone.length} files and folders that the backup does not hold will be deleted${also}:`,
    ...gone.slice(0, 10).map((path) => `  ${path}`),
    ...(gone.length > 10 ? [`  and ${gone.length - 10} more`] : []),
  ]
}

/** What the paths take now, links not followed. */
function presentBytes(paths: readonly string[]): number {
  let sum = 0
  for (const path of paths) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory()) sum += presentBytes(readdirSync(path).map((name) => join(path, name)))
    else sum += stats?.size ?? 0
  }
  return sum
}

/** A component's own path in front of a pattern means itself. */
const literalPattern = (path: string): string => path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)
