import { restoringPrice } from '../../../cost/pricing.ts'
import type { Instant } from '../../../domain/clock.ts'
import type { Command } from '../../../domain/command.ts'
import type { RestorePoint } from '../../../domain/restore-point.ts'
import { bytes, type Bytes } from '../../../domain/size.ts'
import type { FilesComponent, Site } from '../../../domain/site.ts'
import { formatLocalStamp } from '../../../policy/local-time.ts'
import type { FreeSpace } from '../../../machine/port.ts'
import { spareOf } from '../../component/free-space.ts'
import { stampOf, type FilesPlan, type PlannedFileRestore, type PlannedSpace, type TargetState } from '../plan.ts'
import type { RestoreRequest } from '../request.ts'

/** What was asked of engine and disks before files are restored. */
export interface FilesFacts {
  readonly now: Instant
  readonly point: RestorePoint
  readonly engine: PlannedFileRestore
  readonly commands: readonly Command[]
  readonly state: TargetState
  /** On a bare machine, what lies where the files belong. */
  readonly occupied?: string
  /** The paths of the source that are expected to be there afterwards. */
  readonly wanted: readonly string[]
  readonly neededBytes: Bytes | undefined
  /** What lies already where a restore in place writes. */
  readonly presentBytes: number
  /** Of the file system that is written to. */
  readonly free: Omit<FreeSpace, 'device'>
  /** Paths that a restore in place would delete; undefined when it deletes nothing. */
  readonly deletions: readonly string[] | undefined
}

/** How files are brought back. */
export function planFiles(
  { name, source }: Pick<FilesComponent, 'name' | 'source'>,
  request: RestoreRequest,
  facts: FilesFacts,
  site: Pick<Site, 'storage' | 'budget' | 'timeZone'>,
): FilesPlan {
  const { point, engine, state, neededBytes } = facts
  const { kind } = request.target
  if (kind !== 'directory' && kind !== 'in-place' && kind !== 'bare-machine') throw new Error(`files do not go to ${kind}`)
  return {
    source: 'files',
    component: name,
    purpose: request.purpose,
    stamp: stampOf(facts.now),
    point,
    restoredTo: point.endedAt,
    ...(neededBytes === undefined ? {} : { sizeBytes: neededBytes, downloadPrice: restoringPrice(neededBytes, site) }),
    target: { kind, folder: engine.target, state, ...(facts.occupied === undefined ? {} : { occupied: facts.occupied }) },
    engine,
    wanted: facts.wanted,
    space: engine.target === '/' ? spaceInPlace(facts) : spaceInFolder(request, facts),
    consequences: consequencesOf(name, request, facts, { site, exclude: source.exclude }),
    notes: [],
    commands: facts.commands,
  }
}

/** What an earlier restore left unfinished takes room already, so nobody knows how much is still needed. */
function spaceInFolder({ purpose }: RestoreRequest, { state, neededBytes = bytes(0), free }: FilesFacts): PlannedSpace[] {
  if (state !== 'empty') return []
  return [spaceFor(purpose, neededBytes, free)]
}

/** A drill leaves others what they need: nobody asked for it at that moment, and a server that meets the end of its disk stops. */
export function spaceFor(purpose: RestoreRequest['purpose'], neededBytes: Bytes, free: Omit<FreeSpace, 'device'>): PlannedSpace {
  const { path, freeBytes } = free
  if (purpose === 'restore') return { purpose: 'the restore', path, neededBytes, freeBytes }
  const whole = bytes(neededBytes + spareOf(free.sizeBytes))
  return { purpose: 'the drill, which must leave some to others,', path, neededBytes: whole, freeBytes }
}

function spaceInPlace({ neededBytes = bytes(0), presentBytes, free }: FilesFacts): PlannedSpace[] {
  const more = bytes(Math.max(0, neededBytes - presentBytes))
  return [{ purpose: 'the restore', path: free.path, neededBytes: more, freeBytes: free.freeBytes }]
}

function consequencesOf(
  name: string,
  { target }: RestoreRequest,
  { point, engine, deletions }: FilesFacts,
  { site, exclude }: { readonly site: Pick<Site, 'timeZone'>; readonly exclude: readonly string[] },
): string[] {
  if (target.kind === 'directory') {
    return target.overwrite ? [`files in ${engine.target} will be overwritten by those of the backup`] : []
  }
  if (target.kind !== 'in-place') return []
  const stamp = formatLocalStamp(point.endedAt, site.timeZone)
  return [
    `files of ${name} will be written over what is there now, as they were at ${stamp}:`,
    ...[...engine.paths, ...(engine.patterns ?? [])].map((path) => `  ${path}`),
    ...(deletions === undefined ? ['nothing is deleted'] : deletionsText(deletions, exclude)),
  ]
}

/** Of more only the number is told. */
const namedDeletions = 10

function deletionsText(deletions: readonly string[], exclude: readonly string[]): string[] {
  if (deletions.length === 0) return ['nothing has to be deleted']
  const also = exclude.length === 0 ? '' : ', among them what exclude: keeps out of backups'
  return [
    `${deletions.length} files and folders that the backup does not hold will be deleted${also}:`,
    ...deletions.slice(0, namedDeletions).map((path) => `  ${path}`),
    ...(deletions.length > namedDeletions ? [`  and ${deletions.length - namedDeletions} more`] : []),
  ]
}
