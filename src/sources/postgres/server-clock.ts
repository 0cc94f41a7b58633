import { instant, type Instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Query } from './port.ts'

/** What time it is to a server: pgBackRest names its backups by it. */
export async function readServerClock(query: Query): Promise<Instant> {
  const text = await query('SELECT round(extract(epoch FROM clock_timestamp()) * 1000)')
  const at = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(at)) return instant(at)
  throw new HoldfastError('engine-output', 'PostgreSQL’s answer about the time could not be read', { detail: text })
}
