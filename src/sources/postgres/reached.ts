import type { Query, Reached } from './port.ts'

/** So many transactions before the next one are looked at: the long ones began earlier than those that ended last. */
const lookedAt = 1000

/** How far a server has come now. */
export async function readReached(query: Query): Promise<Reached> {
  const sql = `SELECT next || ' ' || coalesce(string_agg(id::text, ' '), '')
    FROM (SELECT txid_snapshot_xmax(txid_current_snapshot()) AS next) AS now
    LEFT JOIN LATERAL generate_series(greatest(next - ${lookedAt}, 3), next - 1) AS id ON txid_status(id) = 'committed'
    GROUP BY next`
  const [next = '0', ...committed] = (await query(sql)).trim().split(' ')
  return { next: BigInt(next), committed }
}

/**
 * Whether a copy holds all that had been committed where another server had come to. It may know a number without having its commit,
 * which is written last.
 */
export async function containsAllCommits(query: Query, { next, committed }: Reached): Promise<boolean> {
  // A number that the copy doesn't know yet would be an error in the question below.
  const isKnown = `txid_snapshot_xmax(txid_current_snapshot()) >= ${next}`
  if ((await query(`SELECT ${isKnown}`)) !== 't') return false
  const missing = `SELECT count(*) FROM unnest('{${committed.join(',')}}'::bigint[]) AS id WHERE txid_status(id) IS DISTINCT FROM 'committed'`
  return (await query(missing)) === '0'
}
