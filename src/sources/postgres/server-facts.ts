import * as z from 'zod/mini'
import { HoldfastError } from '../../domain/errors.ts'
import type { Query, ServerFacts } from './port.ts'

const factsSchema = z.object({
  version: z.number(),
  systemId: z.string(),
  currentWal: z.nullable(z.string()),
  inRecovery: z.boolean(),
  dataDirectory: z.string(),
  archiveMode: z.string(),
  archiveCommand: z.string(),
  archiveTimeoutSeconds: z.number(),
  walLevel: z.string(),
  configured: z.partialRecord(z.enum(['archive_mode', 'archive_command', 'wal_level']), z.string()),
  walSegmentBytes: z.number(),
  pendingRestart: z.array(z.string()),
  lastArchivedWal: z.nullable(z.string()),
  lastFailedWal: z.nullable(z.string()),
  failedCount: z.number(),
  archivingFails: z.boolean(),
})

const factsQuery = `SELECT json_build_object(
  'version', current_setting('server_version_num')::int,
  'systemId', (SELECT system_identifier::text FROM pg_control_system()),
  'currentWal', CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END,
  'inRecovery', pg_is_in_recovery(),
  'dataDirectory', current_setting('data_directory'),
  'archiveMode', current_setting('archive_mode'),
  'archiveCommand', current_setting('archive_command'),
  'archiveTimeoutSeconds', (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'),
  'walLevel', current_setting('wal_level'),
  'configured', (SELECT coalesce(json_object_agg(name, setting), '{}') FROM (
    SELECT DISTINCT ON (name) name, setting FROM pg_file_settings
    WHERE name IN ('archive_mode', 'archive_command', 'wal_level') AND setting IS NOT NULL ORDER BY name, seqno DESC) file),
  'walSegmentBytes', (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
  'pendingRestart', (SELECT coalesce(json_agg(name), '[]') FROM pg_settings WHERE pending_restart),
  'lastArchivedWal', last_archived_wal,
  'lastFailedWal', last_failed_wal,
  'failedCount', failed_count,
  'archivingFails', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)
) FROM pg_stat_archiver`

export async function readServerFacts(query: Query): Promise<ServerFacts> {
  const text = await query(factsQuery)
  const parsed = factsSchema.safeParse(safeJson(text))
  if (parsed.success) return parsed.data
  throw new HoldfastError('engine-output', 'PostgreSQL’s answer about its settings could not be read', {
    detail: text,
    cause: parsed.error,
  })
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
