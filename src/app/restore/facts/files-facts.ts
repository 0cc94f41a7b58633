import { lstatSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HoldfastError, isHoldfastError } from '../../../domain/errors.ts'
import type { RestorePoint } from '../../../domain/restore-point.ts'
import type { FilesComponent, FilesSource } from '../../../domain/site.ts'
import type { FileEngine } from '../../../engines/file-port.ts'
import type { EngineContext } from '../../../engines/port.ts'
import { choosePoint } from '../../component/restore-point.ts'
import { absoluteOnSource } from '../../component/source-path.ts'
import type { AppContext } from '../../site/context.ts'
import type { FilesFacts } from '../plan/files-plan.ts'
import { holdsOf, type PlannedFileRestore } from '../plan.ts'
import type { RestoreRequest, RestoreTarget } from '../request.ts'
import { knownSize } from '../restore-estimate.ts'
import { refuseLinks, refuseTarget } from './target-state.ts'

type FilesTarget = Extract<RestoreTarget, { kind: 'directory' | 'in-place' | 'bare-machine' }>

/** Asks the engine and the disks all that a restore of files depends on. Nothing is changed. */
export async function askFiles(
  context: AppContext,
  component: FilesComponent,
  request: RestoreRequest,
  work: EngineContext,
): Promise<FilesFacts> {
  const { source } = component
  const target = filesTargetOf(request)
  // Before anything is asked of the repository, which may be far away.
  const { folder, state, ...more } = askFilesTarget(context, component, target, request)
  const part = partOf(source, request)
  const engine = context.engineOf(component)
  const point = await choosePoint(await engine.listPoints(work), request, context)
  // Over live data, all of a snapshot is what the component is now: a path that it no longer has may be somebody else's.
  const paths = state === 'live' && part.isWhole ? await pathsInPoint(engine, point, source, work) : part.paths
  const asked: PlannedFileRestore = {
    ...{ point, paths, patterns: part.patterns, target: folder, holds: holdsOf(state) },
    deletes: target.kind === 'in-place' && target.deletes,
  }
  // To ask the engine costs a process of its own.
  const known = part.isWhole && target.kind !== 'in-place' ? knownSize(context.journal, point) : undefined
  const neededBytes = known ?? (await engine.measure({ point, paths, patterns: part.patterns }, work))
  const wanted = part.isWhole ? source.paths : part.paths
  const folders = paths.length > 0 ? paths : source.paths
  if (target.kind === 'in-place') await refuseUnable(engine, asked, folders, work)
  refuseLinksOverwritten(target, asked, wanted)
  return {
    ...{ now: context.clock.now(), point, engine: asked, state, wanted, neededBytes, ...more },
    presentBytes: target.kind === 'in-place' ? (await context.machine.measure(folders)).sizeBytes : 0,
    free: await context.machine.freeSpace(folder === '/' ? (folders[0] ?? '/') : folder),
    deletions: asked.deletes ? await engine.listDeletions(asked, work) : undefined,
    commands: await engine.restoreCommands(verifying(request, asked), work),
  }
}

/** A drill has the engine read again what it wrote. */
export const verifying = ({ purpose }: Pick<RestoreRequest, 'purpose'>, engine: PlannedFileRestore, restored = () => {}) =>
  purpose === 'drill' ? { ...engine, verifies: restored } : engine

function filesTargetOf({ target, name }: RestoreRequest): FilesTarget {
  if (name !== undefined) {
    throw new HoldfastError('usage', '--name is for databases', {
      hint: 'give --at or --point; holdfast points lists what there is',
    })
  }
  if (target.kind === 'directory' || target.kind === 'in-place' || target.kind === 'bare-machine') return target
  throw new HoldfastError('usage', 'files are restored into a folder or in place', {
    hint: 'name a folder with --to, or give --in-place',
  })
}

/** Where the engine writes, and what lies there. */
function askFilesTarget(
  context: AppContext,
  component: FilesComponent,
  target: FilesTarget,
  { purpose }: RestoreRequest,
): Pick<FilesFacts, 'state' | 'occupied'> & { readonly folder: string } {
  switch (target.kind) {
    case 'in-place':
      return { folder: '/', state: 'live' }
    case 'directory': {
      const { folder, overwrite } = target
      return { folder, state: refuseTarget(context, component, folder, { overwrite, isDrill: purpose === 'drill' }) }
    }
    case 'bare-machine': {
      const occupied = component.source.paths.find((path) => isOccupied(path, context.site.file))
      const beside = join(context.stateDirectory, 'recovered', component.name)
      const folder = target.overwrites ? '/' : (target.begunIn ?? (occupied === undefined ? '/' : beside))
      return { folder, state: folder === '/' ? 'live' : 'empty', ...(occupied === undefined ? {} : { occupied }) }
    }
  }
}

/** The folder of Holdfast's own configuration is no obstacle to itself: what lies there was just put there. */
function isOccupied(path: string, configuration: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined || path === configuration) return false
  if (!stats.isDirectory()) return true
  const ours = path === dirname(configuration) ? ownEntries : []
  return readdirSync(path).some((name) => !ours.includes(name) && join(path, name) !== configuration)
}

const ownEntries = ['secrets', 'pgbackrest', '.gitignore']

/** restic follows links that stand where it writes. What a recovery that was killed has left is the snapshot's own, links included. */
function refuseLinksOverwritten(target: FilesTarget, asked: PlannedFileRestore, wanted: readonly string[]): void {
  if (target.kind === 'bare-machine' && target.overwrites && target.begunIn !== '/') refuseLinks('/', wanted)
  if (target.kind !== 'directory' || !target.overwrite) return
  // All of a snapshot may land anywhere below the target. On the source itself that is its own paths.
  const { paths, patterns = [] } = asked
  const isConfined = patterns.length === 0 && (paths.length > 0 || target.folder === '/')
  refuseLinks(target.folder, isConfined ? wanted : ['/'])
}

function partOf(source: FilesSource, request: RestoreRequest) {
  const paths = request.paths.map((path) => absoluteOnSource(path, source))
  const literal = { ...source, paths: source.paths.map(literalPattern) }
  const patterns = request.patterns.map((pattern) => absoluteOnSource(pattern, literal))
  return { paths, patterns, isWhole: paths.length === 0 && patterns.length === 0 }
}

/** A component's own path in front of a pattern means itself. */
const literalPattern = (path: string): string => path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)

/** Those of the component's paths that a snapshot holds. Throws `path-unknown` when it holds none. */
async function pathsInPoint(
  engine: FileEngine,
  point: RestorePoint,
  { paths }: FilesSource,
  work: EngineContext,
): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    try {
      await engine.measure({ point, paths: [path] }, work)
      found.push(path)
    } catch (error) {
      if (!(isHoldfastError(error) && error.code === 'path-unknown')) throw error
    }
  }
  if (found.length > 0) return found
  throw new HoldfastError('path-unknown', `the snapshot holds none of ${paths.join(', ')}`, {
    hint: 'restore it into a folder with --to',
  })
}

/** Throws when the installed engine cannot do over live files what is asked for. */
async function refuseUnable(engine: FileEngine, asked: PlannedFileRestore, folders: readonly string[], work: EngineContext) {
  const able = await engine.overwriting(work)
  if (asked.deletes && !able.deletes) {
    throw new HoldfastError(
      'engine-too-old',
      `${engine.name} ${await engine.version(work)} cannot delete what a snapshot lacks`,
      { hint: 'leave --delete out, or name restic 0.17 or newer under engines: in holdfast.yaml' },
    )
  }
  if (!able.replacesLinks) refuseLinks('/', folders)
}
