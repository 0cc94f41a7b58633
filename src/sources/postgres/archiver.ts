import { instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { ArchivingSighting } from '../../domain/evidence.ts'
import type { ObservedServer, Query } from './port.ts'

/** Ages instead of times: the server's clock may be another one than ours. */
const ageOf = (time: string) => `round(extract(epoch FROM clock_timestamp() - ${time}) * 1000)`

/**
 * PostgreSQL renames what marks a segment from .ready to .done, and that leaves its time as it is: when the segment was finished.
 * The names of labels and histories are longer or shorter than those of segments, and they wait like them.
 */
const archiverQuery = `WITH marks AS MATERIALIZED (SELECT name, modification FROM pg_ls_archive_statusdir())
SELECT json_build_object(
  'inRecovery', pg_is_in_recovery(),
  'archiveMode', current_setting('archive_mode'),
  'archiveCommand', current_setting('archive_command'),
  'archiveTimeoutMs', extract(epoch FROM current_setting('archive_timeout')::interval) * 1000,
  'segmentBytes', pg_size_bytes(current_setting('wal_segment_size')),
  'xid', txid_snapshot_xmax(txid_current_snapshot())::text,
  'lastArchivedWal', last_archived_wal,
  'lastArchivedAgeMs', ${ageOf('last_archived_time')},
  'lastFailedWal', last_failed_wal,
  'lastFailedAgeMs', ${ageOf('last_failed_time')},
  'failedCount', failed_count,
  'isFailing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
  'waiting', (SELECT count(*) FROM marks WHERE name LIKE '%.ready'),
  'oldestWaitingAgeMs', (SELECT ${ageOf('min(modification)')} FROM marks WHERE name LIKE '%.ready'),
  'finishedAgeMs', (SELECT ${ageOf('max(modification)')} FROM marks WHERE name ~ '^[0-9A-F]{24}[.]done$')
) FROM pg_stat_archiver`

interface Answer {
  readonly inRecovery: boolean
  readonly archiveMode: string
  readonly archiveCommand: string
  readonly archiveTimeoutMs: number
  readonly segmentBytes: number
  readonly xid: string
  readonly lastArchivedWal: string | null
  readonly lastArchivedAgeMs: number | null
  readonly lastFailedWal: string | null
  readonly lastFailedAgeMs: number | null
  readonly failedCount: number
  readonly isFailing: boolean
  readonly waiting: number
  readonly oldestWaitingAgeMs: number | null
  readonly finishedAgeMs: number | null
}

type Look = Parameters<ObservedServer['archiver']>[0]

/** A server that doesn't answer at once is as good as down to whoever watches. */
const deadlineMs = 20_000

/** Asks a server how its archiving goes, in one question. Throws `postgres-down`, `timeout` and the like. */
export async function readArchiver(query: Query, look: Look): Promise<ArchivingSighting> {
  const text = await query(archiverQuery, { variables: { statement_timeout: '10s' }, deadlineMs })
  return sightingOf(readAnswer(text), look)
}

function readAnswer(text: string): Answer {
  try {
    const answer = JSON.parse(text) as Answer | null
    if (typeof answer?.waiting === 'number' && typeof answer.xid === 'string') return answer
  } catch {
    // Whatever it is, it isn't what was asked for.
  }
  throw new HoldfastError('engine-output', 'PostgreSQL’s answer about its archiving could not be read', { detail: text })
}

function sightingOf(answer: Answer, { now, before }: Look): ArchivingSighting {
  const ago = (ageMs: number | null) => (ageMs === null ? undefined : instant(now - ageMs))
  return {
    seenAt: now,
    lastArchivedWal: answer.lastArchivedWal ?? undefined,
    lastArchivedAt: ago(answer.lastArchivedAgeMs),
    failedCount: answer.failedCount,
    lastFailedWal: answer.lastFailedWal ?? undefined,
    lastFailedAt: ago(answer.lastFailedAgeMs),
    isFailing: answer.isFailing,
    waiting: answer.waiting,
    waitingBytes: answer.waiting * answer.segmentBytes,
    oldestWaitingAt: ago(answer.oldestWaitingAgeMs),
    finishedAt: ago(answer.finishedAgeMs),
    archiveTimeoutMs: answer.archiveTimeoutMs,
    xid: answer.xid,
    xidSince: before?.xid === answer.xid && before.xidSince <= now ? before.xidSince : now,
    isOn: answer.archiveMode !== 'off' && answer.archiveCommand.includes('pgbackrest'),
    mayDrop: answer.archiveCommand.includes('archive-push-queue-max'),
    inRecovery: answer.inRecovery,
  }
}
