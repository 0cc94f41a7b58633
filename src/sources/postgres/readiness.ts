import { realpathSync } from 'node:fs'
import { HoldfastError } from '../../domain/errors.ts'
import type { PostgresSource } from '../../domain/site.ts'
import type { ArchivedNow, ArchivingWork, HeartbeatRefusal, Query, ServerFacts } from './port.ts'

/** Says why a server can't be backed up now, before an engine says it in other words ten minutes later. */
export function refuseUnready(source: PostgresSource, facts: ServerFacts): void {
  if (!livesIn(source, facts.dataDirectory)) {
    throw new HoldfastError(
      'postgres-mismatch',
      `the server that answers lives in ${facts.dataDirectory}, not in ${source.dataDirectory}`,
      {
        hint: 'correct dataDirectory, port or socketDirectory in holdfast.yaml',
      },
    )
  }
  if (facts.inRecovery) {
    throw new HoldfastError('postgres-in-recovery', 'PostgreSQL is in recovery: a standby, or still starting after a crash', {
      hint: 'back up the primary; after a crash wait until recovery is done: SELECT pg_is_in_recovery()',
    })
  }
  if (facts.archiveMode === 'off' || !facts.archiveCommand.includes('pgbackrest')) {
    const what = facts.archiveMode === 'off' ? 'archive_mode is off' : 'archive_command does not call pgbackrest'
    throw new HoldfastError('archive-failing', `PostgreSQL does not archive its WAL: ${what}`, {
      hint: facts.pendingRestart.includes('archive_mode')
        ? 'the setting waits for a restart of PostgreSQL: holdfast setup apply'
        : 'holdfast setup plan shows what is missing',
    })
  }
}

/** A container that isn't told where its data is knows by itself; its paths say nothing about this machine's links. */
function livesIn({ container, dataDirectory }: PostgresSource, said: string): boolean {
  if (container !== undefined) return container.findsData || said === dataDirectory
  return realpathSync(said) === realpathSync(dataDirectory)
}

/**
 * Makes everything that was committed until now restorable, once a commit was made (recovery to a time needs one after it): a
 * switch to a new WAL segment, and a wait until the old one is archived. Throws `archive-failing` when it isn't in time.
 */
export async function archiveUntilNow(
  { query, signal }: { readonly query: Query; readonly signal: AbortSignal },
  { clock, limitMs }: Pick<ArchivingWork, 'clock' | 'limitMs'>,
  refusal: HeartbeatRefusal | undefined,
): Promise<ArchivedNow> {
  const segment = await query('SELECT pg_walfile_name(pg_switch_wal())')
  // pg_stat_archiver tells only the last: right after a base backup that may be its label, which looks like an older segment.
  const isWaiting = `SELECT EXISTS (SELECT FROM pg_ls_archive_statusdir() WHERE name = '${segment}.ready')`
  const giveUpAt = clock.now() + limitMs
  while ((await query(isWaiting)) === 't') {
    if (clock.now() > giveUpAt) {
      throw new HoldfastError('archive-failing', `WAL segment ${segment} was not archived in time`, {
        hint: 'the server’s log holds the words of archive-push; an older time can still be restored: holdfast points',
      })
    }
    await clock.sleep(200, signal)
  }
  return { segment, refusal }
}
