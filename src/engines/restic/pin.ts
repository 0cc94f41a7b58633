import type { RestorePoint } from '../../domain/restore-point.ts'
import type { EngineContext } from '../port.ts'
import { parseSnapshots } from './answers.ts'
import { forgetCommand, tagCommand } from './commands.ts'
import { runExclusively } from './locks.ts'
import { pinChange, pinned } from './pin-tag.ts'
import type { ResticRun } from './run.ts'

/** Writes the reason into a tag, or takes it away. restic makes another snapshot of it, whose id is returned. */
export async function pin(
  restic: ResticRun,
  point: RestorePoint,
  reason: string | undefined,
  context: EngineContext,
): Promise<string> {
  const { options } = restic
  const listed = async () => parseSnapshots(await restic.snapshots(context))
  const change = pinChange(await listed(), point, reason)
  if (change.add.length > 0 || change.remove.length > 0) {
    await runExclusively(restic, tagCommand(options, point.id, change), context)
  }
  const { id, leftOver } = pinned(await listed(), change)
  if (leftOver.length > 0) await runExclusively(restic, forgetCommand(options, leftOver), context)
  return id
}
