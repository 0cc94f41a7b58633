import * as z from 'zod/mini'
import { parseInstant } from '../../domain/clock.ts'
import { isHoldfastError } from '../../domain/errors.ts'
import type { Heartbeat, HeartbeatRefusal, Query } from './port.ts'
import { rejectionOf } from './query.ts'

/**
 * Set for the whole session, whatever the cluster, the database or the user has as default: never waits long, writes where
 * reading is the default, doesn't hang on a standby that is gone, and calls nothing by a name that somebody else has taken.
 */
const variables: Readonly<Record<string, string>> = {
  lock_timeout: '2s',
  statement_timeout: '10s',
  search_path: 'pg_catalog',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  synchronous_commit: 'local',
  default_tablespace: '',
  datestyle: 'ISO',
  timezone: 'UTC',
}

/**
 * Only what a superuser owns and nothing hangs on is written to or read, because we are a superuser ourselves: the trigger or
 * the view of another user would run as one. Nor is a table made that a publication of all tables would send to subscribers
 * who don't have it.
 */
const stateQuery = `SELECT CASE
  WHEN s.oid IS NULL AND EXISTS (SELECT FROM pg_publication WHERE puballtables) THEN 'published'
  WHEN s.oid IS NULL THEN 'absent'
  WHEN NOT schema_owner.rolsuper OR t.oid IS NULL OR NOT table_owner.rolsuper OR t.relkind <> 'r' OR t.relhasrules
    OR t.relhastriggers OR t.relrowsecurity THEN 'foreign'
  WHEN (SELECT array_agg(attname || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped)
    = ARRAY['id integer', 'beat_at timestamp with time zone', 'writer text'] THEN 'ours'
  ELSE 'foreign' END
FROM (SELECT 'holdfast'::name AS wanted) AS names
LEFT JOIN pg_namespace s ON s.nspname = wanted
LEFT JOIN pg_roles schema_owner ON schema_owner.oid = s.nspowner
LEFT JOIN pg_class t ON t.relnamespace = s.oid AND t.relname = 'heartbeat'
LEFT JOIN pg_roles table_owner ON table_owner.oid = t.relowner`

const creation = `CREATE SCHEMA holdfast;
COMMENT ON SCHEMA holdfast IS 'Holdfast, the backup program: its heartbeat. Made anew when it is dropped.';
CREATE TABLE holdfast.heartbeat (id integer PRIMARY KEY CHECK (id = 1), beat_at timestamptz NOT NULL, writer text NOT NULL);`

/** Commits without leaving a trace but the commit itself. */
const bareCommit = 'SELECT txid_current()'

/**
 * Commits, with a heartbeat where that is allowed and possible. A server that refuses the heartbeat gets a bare commit all the
 * same; the refusal is given back, undefined when all is well.
 *
 * @param isAllowed what the configuration says
 * @param writer see Heartbeat
 */
export async function commitHeartbeat(query: Query, isAllowed: boolean, writer: string): Promise<HeartbeatRefusal | undefined> {
  const ask = (sql: string) => query(sql, { variables })
  const refusal = isAllowed ? await beat(ask, writer) : undefined
  if (!isAllowed || refusal !== undefined) await ask(bareCommit)
  return refusal
}

async function beat(ask: (sql: string) => Promise<string>, writer: string): Promise<HeartbeatRefusal | undefined> {
  try {
    const state = await ask(stateQuery)
    if (state === 'foreign') return 'schema holdfast of the database is somebody else’s, so no heartbeat is written into it'
    if (state === 'published') {
      return 'a publication FOR ALL TABLES would send the heartbeat to subscribers that lack its table, so none is written'
    }
    await ask(`BEGIN; ${state === 'absent' ? creation : ''}
      INSERT INTO holdfast.heartbeat AS own (id, beat_at, writer) VALUES (1, clock_timestamp(), '${writer.replaceAll("'", "''")}')
      ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at, writer = excluded.writer; COMMIT`)
    return undefined
  } catch (error) {
    // Whatever a database has against one small row must not keep it from being backed up.
    if (!isHoldfastError(error) || error.code !== 'unexpected') throw error
    return `the heartbeat could not be written: ${rejectionOf(error)}`
  }
}

const rowSchema = z.tuple([z.object({ at: z.string(), writer: z.string() })])

/** The heartbeat that a cluster holds, such as a restored one: everything that was committed before it is there too. */
export async function readHeartbeat(query: Query, database?: string): Promise<Heartbeat | undefined> {
  const ask = (sql: string) => query(sql, { variables, database })
  try {
    if ((await ask(stateQuery)) !== 'ours') return undefined
    const row = `json_build_object('at', to_char(beat_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'writer', writer)`
    const answer = await ask(`SELECT coalesce(json_agg(${row}), '[]') FROM holdfast.heartbeat`)
    const parsed = rowSchema.safeParse(JSON.parse(answer))
    return parsed.success ? { at: parseInstant(parsed.data[0].at), writer: parsed.data[0].writer } : undefined
  } catch (error) {
    // Its database may not exist in the copy, or take no connections.
    if (isHoldfastError(error) && error.code === 'interrupted') throw error
    return undefined
  }
}
