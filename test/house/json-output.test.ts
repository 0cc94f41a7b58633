import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod/mini'
import { examples } from '../../scripts/json-output/examples.ts'
import { contracts, keyOf } from '../../scripts/json-output/instant-keys.ts'
import { rowsOf } from '../../scripts/json-output/rows.ts'
import { jsonDocument } from '../../src/cli/output/json.ts'
import { documents, webhookDocument, type PrintedDocument, type Verb } from '../../src/contract/documents.ts'
import { instantKeys } from '../../src/contract/instant-keys.ts'
import { withInstantsWritten } from '../../src/contract/instants.ts'
import { notice } from '../../src/contract/notices.ts'
import { webhookDocument as sentToWebhook } from '../../src/notices/webhook.ts'
import { printedDocument } from '../support/printed-document.ts'
import { changedOnce, samplesOf } from '../support/samples.ts'

/**
 * What Holdfast prints, sends and writes down for others to read is schemas (src/contract). That docs/json-output.md and the
 * list of instants are made of them is tested in documents.test.ts.
 */

const everyContract = Object.entries(contracts)

const accepts = (schema: z.core.$ZodType, value: unknown): boolean =>
  (schema as z.ZodMiniType).safeParse(JSON.parse(JSON.stringify(value))).success

describe('a contract', () => {
  it.each(everyContract)('%s takes what holds every field that it knows', (_, schema) => {
    for (const sample of samplesOf(schema)) expect((schema as z.ZodMiniType).parse(sample)).toBeDefined()
  })

  it.each(everyContract)('%s has every instant written as text by the list of their keys', (_, schema) => {
    for (const sample of samplesOf(schema)) {
      const inside = (schema as z.ZodMiniType).parse(sample)
      expect(JSON.parse(JSON.stringify(inside, withInstantsWritten))).toEqual(sample)
    }
  })

  it.each(everyContract)('%s refuses a field that nobody described, in any object', (_, schema) => {
    const withMore = (fields: object): object[] => [{ ...fields, unheardOf: 'words' }]
    const changed = samplesOf(schema).flatMap((sample) => [...changedOnce(sample, withMore)])
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.filter((value) => accepts(schema, value))).toEqual([])
  })

  it.each(everyContract)('%s refuses a document without a field that is always there', (_, schema) => {
    const withoutOne = (fields: object): object[] =>
      Object.keys(fields).map((key) => Object.fromEntries(Object.entries(fields).filter(([other]) => other !== key)))
    const optional = new Set(rowsOf(schema).flatMap((row) => (row.isOptional ? [keyOf(row)] : [])))
    for (const sample of samplesOf(schema) as object[]) {
      const always = Object.keys(sample).filter((key) => !optional.has(key))
      const accepted = withoutOne(sample).filter((value) => accepts(schema, value))
      expect(accepted.filter((value) => always.some((key) => !Object.hasOwn(value, key)))).toEqual([])
    }
  })

  it.each(everyContract)('%s gives each field a meaning, and each size and length of time its unit', (name, schema) => {
    const rows = rowsOf(schema)
    expect(rows.filter(({ meaning }) => !/\S{2}/.test(meaning)).map(({ path }) => path)).toEqual([])
    const wrong = rows.filter(
      ({ path, type }) =>
        path.endsWith('Bytes') !== (type === 'integer, bytes') ||
        (name !== 'config show' && path.endsWith('Ms') !== (type === 'integer, milliseconds')),
    )
    expect(wrong).toEqual([])
  })

  it.each(everyContract)('%s has no number under a key that holds instants elsewhere', (_, schema) => {
    const numbers = rowsOf(schema).filter(({ type }) => type.startsWith('integer') || type === 'number')
    expect(numbers.map(keyOf).filter((key) => instantKeys.has(key))).toEqual([])
  })
})

describe('an example', () => {
  it.each(Object.entries(examples))('of %s is what the program would print of the same', (verb, example) => {
    const { schemaVersion, ...content } = documents[verb as Verb].parse(example)
    expect(schemaVersion).toBe(1)
    expect(JSON.parse(jsonDocument(content as PrintedDocument))).toEqual(example)
  })
})

describe('the schemas', () => {
  it('are loaded by no part of the program: it takes their types, and the list of instants', () => {
    const source = new URL('../../src/', import.meta.url)
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('contract/'),
    )
    const loading = files.flatMap((name) => {
      const imports = readFileSync(new URL(name, source), 'utf8').match(/^(import|export) (?!type ).*contract\/.*$/gm) ?? []
      return imports.filter((line) => !line.endsWith("contract/instants.ts'")).map((line) => `${name}: ${line}`)
    })
    expect(loading).toEqual([])
  })
})

describe('what a webhook is sent', () => {
  it.each(samplesOf(notice))('is what its schema says', (written) => {
    const inside = notice.parse(written)
    expect(() => webhookDocument.parse(JSON.parse(sentToWebhook(inside, false)))).not.toThrow()
  })
})

describe('what a real test reads of the command line', () => {
  const read = (document: object, ...words: string[]) => printedDocument(words, JSON.stringify(document), '')

  it('is an example of its verb, and of no other', () => {
    expect(read(examples.points, 'points', '--json')).toEqual(examples.points)
    expect(() => read(examples.points, 'status', '--json')).toThrow(
      'holdfast status --json printed what src/contract does not say',
    )
  })

  it('has no field more, none less, and no time that is a number', () => {
    const { components, ...withoutComponents } = examples.points
    expect(() => read({ ...examples.points, mood: 'good' }, 'points')).toThrow(/mood/)
    expect(() => read(withoutComponents, 'points')).toThrow(/components/)
    expect(() => read({ ...examples.points, components: [{ ...components[0], askedAt: 1 }] }, 'points')).toThrow(/does not say/)
  })

  it('is described, whatever the verb', () => {
    expect(() => read({ schemaVersion: 1 }, 'dance')).toThrow('no document is described for holdfast dance')
  })
})
