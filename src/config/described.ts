import type { SchemaNode } from './explain.ts'

/** What the generated pages say about a key of the schema. */

/** The schema of a block's keys, also where a block is one of several choices; undefined when the value has no keys. */
export function blockOf(node: SchemaNode): SchemaNode | undefined {
  const hasKeys = (candidate: SchemaNode) => Object.keys(candidate.properties ?? {}).length > 0
  return hasKeys(node) ? node : node.anyOf?.find(hasKeys)
}

/** The schema of each entry of a block whose keys are names that a person chooses, such as the components. */
export function entryOf(node: SchemaNode): SchemaNode | undefined {
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

/** A description as a sentence of its own. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.:]$/.test(begun) ? begun : `${begun}.`
}

/** What may be written: the schema's own words, or what follows from the type. */
export function formOf(node: SchemaNode): string {
  if (node.form !== undefined) return node.form
  if (node.enum !== undefined) return node.enum.map(String).join(', ')
  if (blockOf(node) !== undefined) return 'a block of keys'
  switch (node.type) {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return 'a whole number'
    case 'number':
      return 'a number'
    case 'array':
      return 'a list'
    default:
      return 'text'
  }
}
