import { instant, type Instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { PostgresSource } from '../../domain/site.ts'
import type { Place } from '../../places/place.ts'
import { query, type ServerAddress } from './data-directory.ts'

/** What time it is to a server: pgBackRest names its backups by it. */
export async function readServerClock(
  place: Place,
  address: ServerAddress,
  source: PostgresSource,
  signal: AbortSignal,
): Promise<Instant> {
  const text = await query(place, address, source, 'SELECT round(extract(epoch FROM clock_timestamp()) * 1000)', signal)
  const at = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(at)) return instant(at)
  throw new HoldfastError('engine-output', 'PostgreSQL’s answer about the time could not be read', { detail: text })
}
