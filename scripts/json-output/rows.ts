import * as z from 'zod/mini'
import { notesOf } from '../../src/contract/fields.ts'

/** A field of a document, as its page describes it. */
export interface Row {
  /** `run.steps[].component`; `NAME` stands for a name that a person chose. */
  readonly path: string
  readonly type: string
  readonly meaning: string
  readonly isInstant: boolean
  readonly isOptional: boolean
}

type Schema = z.core.$ZodType

/** All fields below a schema, in their order; of a shape with a section of its own only the field that has it. */
export function rowsOf(schema: Schema, prefix = ''): Row[] {
  const inner = bare(schema)
  if (inner instanceof z.ZodMiniArray) return rowsOf(inner.def.element, `${prefix.slice(0, -1)}[].`)
  if (inner instanceof z.ZodMiniRecord) return rowsOfField(`${prefix}NAME`, inner.def.valueType, false)
  if (inner instanceof z.ZodMiniUnion) return merged(inner.def.options.map((option) => rowsOf(option, prefix)))
  if (!(inner instanceof z.ZodMiniObject)) return []
  return Object.entries(inner.def.shape).flatMap(([key, field]) =>
    key === 'schemaVersion' ? [] : rowsOfField(prefix + key, field, isOptional(field)),
  )
}

function rowsOfField(path: string, field: Schema, isLeftOut: boolean): Row[] {
  const schema = bare(field)
  const { meaning = '', isInstant = false } = notesOf(schema)
  const row = { path, type: typeOf(schema), meaning: withWords(meaning, wordsOf(schema)), isInstant, isOptional: isLeftOut }
  const linked = sectionOf(schema) ?? (schema instanceof z.ZodMiniArray ? sectionOf(schema.def.element) : undefined)
  return linked === undefined ? [row, ...rowsOf(schema, `${path}.`)] : [row]
}

/** The fields of several shapes, of which a document has one: what not all of them have may be absent. */
function merged(options: readonly (readonly Row[])[]): Row[] {
  const rows = new Map<string, Row>()
  const ofObjects = options.filter((option) => option.length > 0)
  const depth = (path: string) => path.split('.').length
  const top = Math.min(...ofObjects.flat().map(({ path }) => depth(path)))
  for (const row of ofObjects.flat()) {
    const isEverywhere = depth(row.path) > top || ofObjects.every((option) => option.some(({ path }) => path === row.path))
    const other = rows.get(row.path)
    if (other !== undefined && other.isInstant !== row.isInstant) throw new Error(`${row.path} is an instant in one shape alone`)
    rows.set(row.path, { ...(other ?? row), isOptional: row.isOptional || !isEverywhere })
  }
  return [...rows.values()]
}

const isOptional = (schema: Schema): boolean => schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniExactOptional

/** A schema without what says that it may be left out. */
const bare = (schema: Schema): Schema =>
  schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniExactOptional ? schema.def.innerType : schema

export const sectionOf = (schema: Schema): string | undefined => notesOf(schema).section

const linkTo = (title: string, text: string): string => `[${text}](#${title.toLowerCase().replaceAll(' ', '-')})`

function typeOf(schema: Schema): string {
  const { section, unit, isInstant } = notesOf(schema)
  if (section !== undefined) return linkTo(section, section.toLowerCase().replace('wal', 'WAL'))
  if (isInstant) return 'instant'
  if (schema instanceof z.ZodMiniArray) {
    const { section: each, plural = each } = notesOf(schema.def.element)
    if (each !== undefined) return `list of ${linkTo(each, plural ?? each)}`
    return `list of ${typeOf(schema.def.element)}`.replace(/object$/, 'objects')
  }
  if (schema instanceof z.ZodMiniUnion)
    return [...new Set(schema.def.options.map(typeOf))].toSorted().join(' or ').replace('object or text', 'text or object')
  if (schema instanceof z.ZodMiniObject || schema instanceof z.ZodMiniRecord) return 'object'
  if (schema instanceof z.ZodMiniBoolean || (schema instanceof z.ZodMiniLiteral && schema.def.values[0] === true))
    return 'true or false'
  if (schema instanceof z.ZodMiniNumberFormat) return unit === undefined ? 'integer' : `integer, ${unit}`
  return schema instanceof z.ZodMiniNumber ? 'number' : 'text'
}

function wordsOf(schema: Schema): readonly string[] {
  if (schema instanceof z.ZodMiniArray) return wordsOf(schema.def.element)
  if (schema instanceof z.ZodMiniLiteral) return schema.def.values.filter((value) => typeof value === 'string')
  return schema instanceof z.ZodMiniEnum ? Object.values(schema.def.entries).map(String) : []
}

/** A meaning with the words that can stand there, unless it names them itself. */
function withWords(meaning: string, words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``)
  if (quoted.length === 0 || quoted.some((word) => meaning.includes(word))) return meaning
  const listed = quoted.length === 1 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return meaning === '' ? listed : `${meaning}: ${listed}`
}
