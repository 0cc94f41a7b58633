import { stringify } from 'yaml'

/** A key and its value as lines of YAML: blocks of keys below each other, everything else in one line. */
export function yamlLines(key: string, value: unknown): string[] {
  if (!isBlock(value)) return [`${key}: ${inline(value)}`]
  const inner = Object.entries(value).flatMap(([innerKey, innerValue]) => yamlLines(innerKey, innerValue))
  return [`${key}:`, ...inner.map((line) => `  ${line}`)]
}

/** True for an object with keys: the empty one stays in the line of its own key. */
export function isBlock(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}

/** One line. Quotes also what only older readers of YAML misread, such as 03:00, which was a number to them. */
export function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, compat: 'yaml-1.1', lineWidth: 0 }).trim()
}
