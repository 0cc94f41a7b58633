import type { Journal } from './journal.ts'
import type { JournalRecord } from '../../contract/journal.ts'

/** Texts for people. The rest is compared with the configuration later, and has to stay as it is. */
const texts = new Set(['error', 'errors', 'warnings', 'healed', 'reason', 'changes'])

/** A journal whose texts show no secret: a message may name a path, and a path may hold one. */
export const redactedJournal = (journal: Journal, redact: <Value>(value: Value) => Value): Journal => ({
  append: (record) => journal.append(redactTexts(record, redact) as JournalRecord),
  newestFirst: () => journal.newestFirst(),
})

function redactTexts(value: unknown, redact: <Value>(value: Value) => Value): unknown {
  if (Array.isArray(value)) return value.map((item) => redactTexts(item, redact))
  if (typeof value !== 'object' || value === null) return value
  const walk = (key: string, inner: unknown): unknown => (texts.has(key) ? redact(inner) : redactTexts(inner, redact))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(key, inner)]))
}
