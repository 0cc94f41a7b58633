import { isMap, isNode, isPair, isScalar, type Document, type LineCounter, type Node } from 'yaml'
import * as z from 'zod/mini'
import { nearest } from './nearest.ts'
import type { Problem } from './problem.ts'
import { settingsSchema } from './schema.ts'

type Path = readonly PropertyKey[]

/** The parts of a JSON Schema that explanations need. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly form?: string
  readonly example?: unknown
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

/** JSON Schema (draft 2020-12) of what a person writes, for editors and for the generated pages. */
export function settingsJsonSchema(): SchemaNode {
  return z.toJSONSchema(settingsSchema, { io: 'input' }) as SchemaNode
}

/** What zod found wrong, placed in the YAML text and said in words, with what was expected and the nearest known word. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], document: Document, lineCounter: LineCounter): Problem[] {
  const schema = settingsJsonSchema()
  return issues.flatMap((issue) => explainIssue(issue, document, lineCounter, schema))
}

/** What an explanation is made of. */
interface Explained {
  readonly document: Document
  readonly lineCounter: LineCounter
  readonly schema: SchemaNode
}

function explainIssue(issue: z.core.$ZodIssue, document: Document, lineCounter: LineCounter, schema: SchemaNode): Problem[] {
  const explained = { document, lineCounter, schema }
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue, explained)
  if (issue.code === 'invalid_key') return [badName(issue, explained)]
  const value = nodeAt(document, issue.path)
  if (value !== undefined) return [badValue(issue, value, explained)]
  if (issue.path.length > 0) return [missingKey(issue, explained)]
  return [{ line: 1, column: 1, length: 1, message: 'the file is empty', hint: 'holdfast init writes one to begin with' }]
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, { document, lineCounter, schema }: Explained): Problem[] {
  const expected = Object.keys(schemaAt(schema, issue.path)?.properties ?? {})
  return issue.keys.map((key) => {
    const likely = nearest(key, expected)
    return {
      ...placeOf(document, lineCounter, [...issue.path, key], 'key'),
      message: `unknown key ${quote(key)}`,
      hint: likely === undefined ? `known here: ${expected.join(', ')}` : `did you mean ${likely}?`,
    }
  })
}

function badName(issue: z.core.$ZodIssueInvalidKey, { document, lineCounter }: Explained): Problem {
  const name = String(issue.path.at(-1))
  return {
    ...placeOf(document, lineCounter, issue.path, 'key'),
    message: `${quote(name)} ${issue.issues[0]?.message ?? 'is not a name'}`,
    hint: 'expected lower-case words with hyphens, starting with a letter, such as database or web-logs',
  }
}

function missingKey({ path }: z.core.$ZodIssue, { document, lineCounter, schema }: Explained): Problem {
  const holder = path.slice(0, -1)
  const isFile = holder.length === 0
  const node = schemaAt(schema, path)
  return {
    ...placeOf(document, lineCounter, holder, isFile ? 'value' : 'key'),
    message: `${isFile ? 'the file' : pathText(holder)} lacks ${String(path.at(-1))}`,
    hint: node === undefined ? undefined : `expected ${expectation(node)}`,
  }
}

function badValue(issue: z.core.$ZodIssue, value: Node, { document, lineCounter, schema }: Explained): Problem {
  const key = issue.path.length === 0 ? 'the file' : pathText(issue.path)
  const node = schemaAt(schema, issue.path)
  const written = isScalar(value) ? ` ${quote(String(value.source ?? value.value))}` : ''
  const message = isOwnWording(issue) ? issue.message : `is not ${article(node)}`
  return {
    ...placeOf(document, lineCounter, issue.path, 'value'),
    message: `${key}${written} ${message}`,
    hint: hintFor(issue, value, node),
  }
}

/** The nearest of the words that would do, else what was expected. */
function hintFor(issue: z.core.$ZodIssue, value: Node, node: SchemaNode | undefined): string | undefined {
  const params = issue.code === 'custom' ? issue.params : undefined
  const candidates = (params?.['candidates'] as string[] | undefined) ?? node?.enum?.map(String)
  const likely = candidates && isScalar(value) ? nearest(String(value.value), candidates) : undefined
  if (likely !== undefined) return `did you mean ${likely}?`
  const expected = (params?.['expected'] as string | undefined) ?? (node && expectation(node))
  return expected && `expected ${expected}`
}

/** Messages of the schema's own begin in lower case; zod's stock messages don't, and speak of types, not of the matter. */
const isOwnWording = (issue: z.core.$ZodIssue): boolean => /^[a-z]/.test(issue.message)

function article(node: SchemaNode | undefined): string {
  switch (node?.type) {
    case 'string':
      return 'text'
    case 'integer':
      return 'a whole number in range'
    case 'number':
      return 'a number in range'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a block of keys'
    default:
      return 'what is expected here'
  }
}

function expectation(node: SchemaNode): string {
  if (node.form !== undefined) return node.form
  if (node.enum) return node.enum.join(', ')
  if (node.type === 'boolean') return article(node)
  return node.description ?? article(node)
}

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text)

const pathText = (path: Path): string => path.map(String).join('.')

/** The schema of a key; for a choice of schemas, the one that is a block, since that is the one with keys to explain. */
function schemaAt(schema: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema
  for (const part of path) {
    node = choose(node)
    if (typeof part === 'number') node = node?.items
    else {
      const further: SchemaNode | boolean | undefined = node?.properties?.[String(part)] ?? node?.additionalProperties
      node = typeof further === 'object' ? further : undefined
    }
  }
  return node && (node.properties ? node : node.form !== undefined ? { ...choose(node), ...node } : choose(node))
}

function choose(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.anyOf?.find((option) => option.properties !== undefined) ?? node
}

function nodeAt(document: Document, path: Path): Node | undefined {
  if (path.length === 0) return document.contents ?? undefined
  const node = document.getIn(path, true)
  return isNode(node) ? node : undefined
}

function placeOf(
  document: Document,
  lineCounter: LineCounter,
  path: Path,
  what: 'key' | 'value',
): Pick<Problem, 'line' | 'column' | 'length'> {
  const node = what === 'key' ? (keyAt(document, path) ?? nodeAt(document, path)) : nodeAt(document, path)
  const [begin, end] = node?.range ?? [0, 1]
  const { line, col } = lineCounter.linePos(begin)
  return { line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, end - begin) }
}

function keyAt(document: Document, path: Path): Node | undefined {
  const holder = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(holder)) return undefined
  // Compared as text: YAML reads the key 12 as a number.
  const pair = holder.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(path.at(-1)))
  return pair && isNode(pair.key) ? pair.key : undefined
}
