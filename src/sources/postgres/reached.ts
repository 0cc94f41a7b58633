import type { PostgresSource } from '../../domain/site.ts'
import type { Place } from '../../places/place.ts'
import { query, type ServerAddress } from './data-directory.ts'

/** How far a cluster has come. `txid` counts past the 32 bits of a transaction's own number. */
export interface Reached {
  /** The number of the next transaction that will write something. */
  readonly next: bigint
  /** Of the transactions right before it, those that have committed. */
  readonly committed: readonly string[]
}

type Login = Pick<PostgresSource, 'user' | 'database'>

/** So many transactions before the next one are looked at: the long ones began earlier than those that ended last. */
const lookedAt = 1000

/** How far a server has come now. */
export async function readReached(place: Place, address: ServerAddress, login: Login, signal: AbortSignal): Promise<Reached> {
  const sql = `SELECT next || ' ' || coalesce(string_agg(id::text, ' '), '')
    FROM (SELECT txid_snapshot_xmax(txid_current_snapshot()) AS next) AS now
    LEFT JOIN LATERAL generate_series(greatest(next - ${lookedAt}, 3), next - 1) AS id ON txid_status(id) = 'committed'
    GROUP BY next`
  const [next = '0', ...committed] = (await query(place, address, login, sql, signal)).trim().split(' ')
  return { next: BigInt(next), committed }
}

/**
 * Whether a copy holds all that had been committed where another server had come to. It may know a number without having its commit,
 * which is written last.
 */
export async function holdsAll(
  { next, committed }: Reached,
  copy: { readonly place: Place; readonly address: ServerAddress; readonly login: Login },
  signal: AbortSignal,
): Promise<boolean> {
  // A number that the copy doesn't know yet would be an error in the question below.
  const isKnown = `txid_snapshot_xmax(txid_current_snapshot()) >= ${next}`
  const ask = (sql: string) => query(copy.place, copy.address, copy.login, sql, signal)
  if ((await ask(`SELECT ${isKnown}`)) !== 't') return false
  const missing = `SELECT count(*) FROM unnest('{${committed.join(',')}}'::bigint[]) AS id WHERE txid_status(id) IS DISTINCT FROM 'committed'`
  return (await ask(missing)) === '0'
}
