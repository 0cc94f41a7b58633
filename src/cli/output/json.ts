import { isoInstant, type Instant } from '../../domain/clock.ts'

/** Version of all JSON documents; see docs/json-output.md for what may change within one. */
export const schemaVersion = 1

/** Keys that hold instants where they hold numbers: inside they are milliseconds, outside ISO 8601 in UTC. */
const instantKeys = new Set([
  'at',
  'beganAt',
  'endedAt',
  'askedAt',
  'restoredTo',
  'namedAt',
  'unfinishedSince',
  'since',
  'seenAt',
  'nextBackupAt',
  'nextDrillAt',
  'waitingSince',
  'lastArchivedAt',
  'modifiedAt',
  'archivedAt',
  'from',
  'to',
])

/** One JSON document, with its schema version in front. */
export function jsonDocument(content: object): string {
  return JSON.stringify(
    { schemaVersion, ...content },
    (key, value: unknown) => (instantKeys.has(key) && typeof value === 'number' ? isoInstant(value as Instant) : value),
    2,
  )
}
