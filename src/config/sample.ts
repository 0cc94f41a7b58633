import { blockOf, entryOf, formOf, sentence } from './described.ts'
import type { SchemaNode } from './explain.ts'
import { inline, isBlock, yamlLines } from './yaml-text.ts'

type Values = Readonly<Record<string, unknown>>

/** What stands above all keys. */
const heading = [
  'Holdfast: a sample with every key.',
  'Explanations begin with "# ". A key with "#" right before it is not set; it shows its default, or an example. To set it, delete that "#", and the one before the block that it stands in.',
  'More about each key: docs/configuration.md. To check this file: holdfast config check',
]

/**
 * A commented holdfast.yaml with every key of the schema. The keys of the examples of what is required are set; all others
 * stand as comments that can be switched on.
 */
export function sampleText(schema: SchemaNode): string {
  const settings = Object.fromEntries((schema.required ?? []).map((key) => [key, schema.properties?.[key]?.example]))
  const sample = new Sample()
  const keys = Object.entries(schema.properties ?? {}).map(([key, node]) =>
    sample.keyLines(key, node, { settings, defaults: {} }),
  )
  const blocks = [heading.flatMap((text) => comment(text)), ...keys].map((lines) => lines.join('\n'))
  return `${blocks.join('\n\n')}\n`
}

interface Surroundings {
  /** What is set in the block; undefined when the block itself is not. */
  readonly settings: Values | undefined
  /** What the block as a whole stands for when it is left out. */
  readonly defaults: Values
}

class Sample {
  /** Forms are said once, where they are met first; so are blocks that have the same keys. */
  private readonly saidForms = new Set<string>()
  private readonly shownBlocks = new Set<string>()

  keyLines(key: string, node: SchemaNode, { settings, defaults }: Surroundings): string[] {
    const isSet = settings !== undefined && key in settings
    const standard = defaults[key] ?? defaultOf(node)
    const value = isSet ? settings[key] : (standard ?? node.example)
    const mark = isSet ? '' : '#'
    const entry = entryOf(node)
    const block = blockOf(node)
    if (entry !== undefined && isBlock(value)) {
      return [...comment(sentence(node.description ?? '')), `${mark}${key}:`, ...indented(this.entryLines(entry, value, isSet))]
    }
    if (block === undefined || (value !== undefined && typeof value !== 'object')) {
      const label = isSet ? [] : [standard === undefined ? 'Example:' : 'Default:']
      return [
        ...comment([sentence(node.description ?? ''), ...this.formOnce(node), ...label].join(' ')),
        `${mark}${key}: ${inline(value)}`,
      ]
    }
    const identity = JSON.stringify(block.properties)
    if (this.shownBlocks.has(identity)) return yamlLines(key, value)
    this.shownBlocks.add(identity)
    const inner = { settings: isSet ? (value as Values) : undefined, defaults: (standard ?? {}) as Values }
    return [
      ...comment(sentence(node.description ?? '')),
      `${mark}${key}:`,
      ...indented(Object.entries(block.properties ?? {}).flatMap(([innerKey, child]) => this.keyLines(innerKey, child, inner))),
    ]
  }

  /** Named entries: each shows its own keys; what none of them sets is shown in the first. */
  private entryLines(entry: SchemaNode, entries: Values, isSet: boolean): string[] {
    const properties = Object.entries(entry.properties ?? {})
    const setSomewhere = new Set(Object.values(entries).flatMap((values) => Object.keys(values as Values)))
    return Object.entries(entries).flatMap(([name, values], index) => {
      const settings = values as Values
      const shown = properties.filter(([key]) => key in settings || (index === 0 && !setSomewhere.has(key)))
      const lines = shown.flatMap(([key, node]) =>
        isSet
          ? this.keyLines(key, node, { settings, defaults: {} })
          : this.keyLines(key, asExample(node, settings[key]), { settings: undefined, defaults: {} }),
      )
      return [...(index === 0 ? [] : ['']), `${isSet ? '' : '#'}${name}:`, ...indented(lines)]
    })
  }

  private formOnce(node: SchemaNode): string[] {
    const form = formOf(node)
    if (node.form === undefined || this.saidForms.has(form)) return []
    this.saidForms.add(form)
    return [sentence(`Form: ${form}`)]
  }
}

/** An empty list as the default shows nothing: there the example tells more. */
function defaultOf(node: SchemaNode): unknown {
  return Array.isArray(node.default) && node.default.length === 0 ? undefined : node.default
}

/** What an example sets, instead of what the key itself would show. */
function asExample({ default: standard, ...node }: SchemaNode, value: unknown): SchemaNode {
  if (value === undefined) return standard === undefined ? node : { ...node, default: standard }
  return { ...node, example: value }
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`))

/** A text as lines of comment, none longer than a terminal is wide. */
function comment(text: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + word.length >= 94) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
