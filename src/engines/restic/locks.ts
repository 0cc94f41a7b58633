import type { Command } from '../../domain/command.ts'
import { isHoldfastError } from '../../domain/errors.ts'
import type { EngineContext } from '../port.ts'
import { listLocksCommand, unlockCommand } from './commands.ts'
import type { ResticRun } from './run.ts'

/** Removes locks whose process is gone. */
export async function heal(restic: ResticRun, context: EngineContext): Promise<readonly string[]> {
  const listLocks = async () =>
    (await restic.ask(listLocksCommand(restic.options), context)).split('\n').filter((line) => line !== '')
  const before = await listLocks()
  if (before.length === 0) return []
  await restic.ask(unlockCommand(restic.options), context)
  const after = new Set(await listLocks())
  const removed = before.filter((lock) => !after.has(lock))
  return removed.length === 0 ? [] : [`removed ${removed.length} stale ${removed.length === 1 ? 'lock' : 'locks'} of restic`]
}

/** Runs what needs the repository for itself. A stale lock, which stops no backup, would refuse it for ever. */
export async function runExclusively(restic: ResticRun, command: Command, context: EngineContext): Promise<void> {
  try {
    await restic.runLong(command, context)
  } catch (error) {
    if (!isHoldfastError(error) || error.code !== 'locked') throw error
    const healed = await heal(restic, context)
    if (healed.length === 0) throw error
    for (const note of healed) context.report({ note })
    await restic.runLong(command, context)
  }
}
