import type * as z from 'zod/mini'
import { documents, sharedShapes, webhookDocument } from '../../src/contract/documents.ts'
import { notesOf } from '../../src/contract/fields.ts'
import { journalRecord } from '../../src/contract/journal.ts'
import { rowsOf, type Row } from './rows.ts'

/** Everything that Holdfast writes for others to read. */
export const contracts: Readonly<Record<string, z.core.$ZodType>> = {
  ...documents,
  webhook: webhookDocument,
  journal: journalRecord,
  ...Object.fromEntries(sharedShapes.map((schema) => [notesOf(schema).section ?? '', schema] as const)),
}

export const keyOf = ({ path }: Row): string => path.slice(path.lastIndexOf('.') + 1).replace('[]', '')

/** src/contract/instant-keys.ts: the keys of all instants, for those who write documents without loading a schema. */
export function instantKeysModule(): string {
  const instants = Object.values(contracts).flatMap((schema) => rowsOf(schema).filter(({ isInstant }) => isInstant))
  const keys = [...new Set(instants.map(keyOf))].toSorted()
  return `/** Made by npm run docs, from the schemas beside it: keys that hold instants where they hold numbers. */
export const instantKeys: ReadonlySet<string> = new Set([
${keys.map((key) => `  '${key}',\n`).join('')}])
`
}
