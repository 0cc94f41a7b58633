import { isHoldfastError } from '../../domain/errors.ts'
import type { Recoverability, RecoveryWindow } from '../../domain/restore-point.ts'
import type { EngineContext } from '../port.ts'
import { parseList } from './answers.ts'
import { archiveFileCommand, archiveListCommand } from './commands.ts'
import type { PgbackrestRun } from './run.ts'
import { withTrueEnds } from './window-ends.ts'
import { reachOf } from './windows.ts'

export async function recoverability(
  pgbackrest: PgbackrestRun,
  known: readonly RecoveryWindow[],
  context: EngineContext,
): Promise<Recoverability> {
  const stanza = await pgbackrest.info(context)
  const archive = parseList(await pgbackrest.ask(archiveListCommand(pgbackrest.options), context))
  const reach = reachOf(stanza, archive)
  return { ...reach, windows: await withTrueEnds(reach.windows, known, (path) => fetchWal(pgbackrest, path, context)) }
}

/** A segment that cannot be read for a reason of its own is as good as absent; a storage that went away is not. */
async function fetchWal(pgbackrest: PgbackrestRun, path: string, context: EngineContext): Promise<Uint8Array | undefined> {
  try {
    return await pgbackrest.fetch(archiveFileCommand(pgbackrest.options, path), context)
  } catch (error) {
    if (!isHoldfastError(error) || error.retryable || error.code === 'interrupted') throw error
    return undefined
  }
}
