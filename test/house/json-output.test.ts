import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jsonDocument } from '../../src/cli/output/json.ts'
import { sections } from './json-examples.ts'

/**
 * docs/json-output.md is written by hand. The examples hold every field there is, and this asks for a row of each; a row that no
 * example needs is out of date.
 */

const page = readFileSync(new URL('../../docs/json-output.md', import.meta.url), 'utf8')

describe('docs/json-output.md', () => {
  it.each(Object.entries(sections))('describes each field of %s with its type, and no other', (title, documents) => {
    const rows = rowsOf(title)
    const fields = documents.flatMap((document) => fieldsOf(parsed(jsonDocument(document)), rows))
    const known = new Set(fields.map(({ path }) => path))
    expect(fields.filter((field) => !isDescribed(field, rows))).toEqual([])
    expect([...rows.keys()].filter((path) => !known.has(path))).toEqual([])
  })

  it('names the unit of every size and length of time', () => {
    const wrong = Object.keys(sections).flatMap((title) =>
      [...rowsOf(title)].filter(
        ([path, type]) =>
          path.endsWith('Bytes') !== (type === 'integer, bytes') || (path.endsWith('Ms') && type !== 'integer, milliseconds'),
      ),
    )
    expect(wrong).toEqual([])
  })

  it('shows examples that hold nothing but described fields', () => {
    const examples = Object.keys(sections).flatMap((title) => {
      const text = /```json\n(.*?)```/s.exec(sectionOf(title))?.[1]
      return text === undefined ? [] : [{ title, document: parsed(text) }]
    })
    expect(examples.length).toBe(25)
    for (const { title, document } of examples) {
      const rows = rowsOf(title)
      expect(document).toHaveProperty('schemaVersion', 1)
      expect(fieldsOf(document, rows).filter((field) => !isDescribed(field, rows))).toEqual([])
    }
  })
})

const parsed = (text: string): object => JSON.parse(text) as object

/** The text under a heading of the second depth. */
function sectionOf(title: string): string {
  const begin = page.indexOf(`\n## ${title}\n`)
  expect(begin, `a section ${title}`).toBeGreaterThan(0)
  const end = page.indexOf('\n## ', begin + 1)
  return page.slice(begin, end === -1 ? undefined : end)
}

/** The fields that a section describes, by their paths, with their types. */
function rowsOf(title: string): Map<string, string> {
  return new Map([...sectionOf(title).matchAll(/^\| `([^`]+)` *\| (.*?) *\|/gm)].map(([, path = '', type = '']) => [path, type]))
}

interface Field {
  readonly path: string
  readonly type: string
}

/** All fields of a document; of a shape with a section of its own, only those that this section doesn't describe. */
function fieldsOf(document: object, rows: ReadonlyMap<string, string>, prefix = ''): Field[] {
  return Object.entries(document).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'schemaVersion') return []
    const path = prefix + (rows.has(`${prefix}NAME`) ? 'NAME' : key)
    const below = Array.isArray(value) ? `${path}[].` : `${path}.`
    const objects = (Array.isArray(value) ? value : [value]).filter((one): one is object => typeof one === 'object')
    const shape = shapeOf(rows.get(path))
    const inner = objects.flatMap((one) => {
      if (shape === undefined) return fieldsOf(one, rows, below)
      const strange = fieldsOf(one, shape).filter((field) => !isDescribed(field, shape))
      return strange.map((field) => ({ path: below + field.path, type: field.type }))
    })
    return [{ path, type: typeOf(value) }, ...inner]
  })
}

/** The rows of the section that a type links to. */
function shapeOf(type = ''): Map<string, string> | undefined {
  const title = Object.keys(sections).find((name) => type.includes(`](#${name.toLowerCase().replace(' ', '-')})`))
  return title === undefined ? undefined : rowsOf(title)
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'list' : typeof value[0] === 'object' ? 'list of objects' : 'list of text'
  if (typeof value === 'boolean') return 'true or false'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/.test(value) ? 'instant' : 'text'
  return 'object'
}

function isDescribed({ path, type }: Field, rows: ReadonlyMap<string, string>): boolean {
  const described = rows.get(path) ?? 'nowhere'
  if (described.includes('](#')) return described.startsWith('list') === type.startsWith('list')
  if (type === 'list') return described.startsWith('list')
  return described === type || described.startsWith(`${type}, `) || described.split(' or ').includes(type)
}
