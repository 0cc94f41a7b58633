import type * as z from 'zod/mini'
import { documents, type Verb } from '../../src/contract/documents.ts'

const verbs = (Object.keys(documents) as Verb[]).toSorted((one, other) => other.length - one.length)

/** The verb that was called, `backup --dry-run` before `backup`; undefined for one whose documents are no contract. */
const verbOf = (words: readonly string[]): Verb | undefined =>
  verbs.find((verb) => verb.split(' ').every((part) => words.includes(part)))

/**
 * What a call of the command line printed, parsed. A document that isn't what its schema says, to the last field, fails the test
 * that asked for it, whatever else that test was about.
 */
export function printedDocument(words: readonly string[], stdout: string, stderr: string): unknown {
  const printed: unknown = JSON.parse(stdout === '' ? stderr : stdout)
  const verb = verbOf(words)
  // Other programs print JSON too, and `config schema` a schema.
  if (typeof printed !== 'object' || printed === null || !('schemaVersion' in printed)) return printed
  if (verb === undefined) throw new Error(`no document is described for holdfast ${words.join(' ')}`)
  // A takeover prints the run that it ends with.
  const described = words.includes('--take-over') ? documents.backup : stdout === '' ? documents.errors : documents[verb]
  const { error } = (described as z.ZodMiniType).safeParse(printed)
  if (error !== undefined)
    throw new Error(`holdfast ${words.join(' ')} printed what src/contract does not say: ${JSON.stringify(error.issues)}`)
  return printed
}
