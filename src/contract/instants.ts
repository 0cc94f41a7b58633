import { isoInstant, type Instant } from '../domain/clock.ts'
import { instantKeys } from './instant-keys.ts'

/** For JSON.stringify: writes instants as ISO 8601 in UTC. A `to` may be a path too, so only numbers are. */
export const withInstantsWritten = (key: string, value: unknown): unknown =>
  typeof value === 'number' && instantKeys.has(key) ? isoInstant(value as Instant) : value
