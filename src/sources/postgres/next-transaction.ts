import type { PostgresSource } from '../../domain/site.ts'
import type { Place } from '../../places/place.ts'
import { query, type ServerAddress } from './server.ts'

/**
 * The number of the next transaction that will write something. A copy that has come as far as its original holds everything
 * that had been committed there. `txid` counts past the 32 bits of a transaction's own number.
 */
export async function nextTransaction(
  place: Place,
  address: ServerAddress,
  source: Pick<PostgresSource, 'user' | 'database'>,
  signal: AbortSignal,
): Promise<bigint> {
  return BigInt(await query(place, address, source, 'SELECT txid_snapshot_xmax(txid_current_snapshot())', signal))
}
