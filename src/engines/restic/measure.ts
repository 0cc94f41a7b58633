import { HoldfastError } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { SnapshotCount, SnapshotPart } from '../file-port.ts'
import type { EngineContext } from '../port.ts'
import { parseCount, parseUsage, sizeOfFound, sizeOfListed } from './answers.ts'
import { findCommand, listCommand, sizeCommand } from './commands.ts'
import type { ResticRun } from './run.ts'

export async function measure(
  restic: ResticRun,
  { point, paths, patterns = [] }: SnapshotPart,
  context: EngineContext,
): Promise<Bytes> {
  const { options } = restic
  if (paths.length === 0 && patterns.length === 0) {
    return bytes(parseUsage(await restic.ask(sizeCommand(options, point.id), context)))
  }
  let sum = 0
  for (const path of paths) {
    const { found, sizeBytes } = sizeOfListed(await restic.ask(listCommand(options, point.id, path), context), path)
    requireFound(point.id, path, found)
    sum += sizeBytes
  }
  for (const pattern of patterns) {
    const command = findCommand(options, { snapshots: [point.id], patterns: [pattern], ignoreCase: false })
    const { found, sizeBytes } = sizeOfFound(await restic.ask(command, context))
    requireFound(point.id, pattern, found)
    sum += sizeBytes
  }
  return bytes(sum)
}

export async function count(restic: ResticRun, point: RestorePoint, context: EngineContext): Promise<SnapshotCount> {
  const { entries, sizeBytes } = parseCount(await restic.ask(sizeCommand(restic.options, point.id), context))
  return { entries, sizeBytes: bytes(sizeBytes) }
}

export function requireFound(snapshot: string, path: string, isThere: boolean): void {
  if (isThere) return
  throw new HoldfastError('path-unknown', `${path} is not in snapshot ${snapshot.slice(0, 8)}`, {
    hint: 'check the spelling; another point may hold it: holdfast points',
  })
}
