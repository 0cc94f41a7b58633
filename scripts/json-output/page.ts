import type * as z from 'zod/mini'
import { documents, sharedShapes, webhookDocument, type Verb } from '../../src/contract/documents.ts'
import { notesOf } from '../../src/contract/fields.ts'
import { journalRecord } from '../../src/contract/journal.ts'
import { examples } from './examples.ts'
import { rowsOf } from './rows.ts'

/** docs/json-output.md: every document with its example and its fields. */
export function jsonOutputPage(): string {
  const verbs = Object.keys(documents) as Verb[]
  return `${[
    beginning,
    ...verbs.map(documentSection),
    `## Webhook\n\nWhat a channel of the kind [\`webhook\`](notices.md#the-document-of-a-webhook) is sent.\n\n${table(webhookDocument)}`,
    journalSection(),
    ...sharedShapes.map(shapeSection),
  ].join('\n\n')}\n`
}

/** What there is to say of a document before its example, and after it. */
const words: { readonly [Name in Verb]?: { readonly before?: string; readonly after?: string } } = {
  backup: {
    after: `When the run cannot begin, because the configuration has errors or another run goes on, there is no document but an [error](#errors).`,
  },
  recover: { after: `\`recover --take-over\` prints the document of [backup](#backup).` },
  status: { before: `Status asks no engine. It tells what the journal and the last answers of the engines say.` },
  watch: { before: `It ends with 0 when all is well, and with 4 when a check has an error.` },
  'retention apply': { before: `Printed whatever happened to the components.` },
  'schedule plan': { after: `With \`--cron\` the document holds \`site\` and \`crontab\` alone.` },
  'schedule apply': { before: `The document of [\`schedule plan\`](#schedule-plan), with \`applied\` instead of \`items\`.` },
  notify: { before: `\`notify test\`, \`notify heartbeat\` and \`notify summary\`.` },
  runbook: { after: `With \`--json\`, the page is written to a file only when \`--output\` names one.` },
  'config show': {
    before: `The configuration as it was understood: every default filled in, every path absolute. [configuration.md](configuration.md#the-keys) says what each setting means.`,
  },
  errors: { before: `On standard error, when a failure ended the verb:` },
  init: { before: 'For people who begin: this document may change at any time.' },
  demo: { before: 'For people who try things out: this document may change at any time.' },
}

const wordsOfShapes: Readonly<Record<string, string>> = {
  Step: `What a run did for one component.`,
  'Recovery window': `A stretch of time in which any second can be restored, all of it on one timeline of PostgreSQL.`,
  'Unreachable WAL': `WAL that lies in the archive although no base backup leads to it: behind a hole, or on a timeline whose history never arrived. A new backup makes what follows restorable.`,
  'Plan item': `One change that a plan proposes.`,
  Check: `One thing that was looked at. It is well unless it has an error; what nobody has seen is not well.`,
  Price: `In the currency of the budget, with its tax, where the budget has a rate; else in US dollars before tax.`,
}

function documentSection(verb: Verb): string {
  const { before, after } = words[verb] ?? {}
  const title = verb === 'errors' ? 'Errors' : verb
  const example = `\`\`\`json\n${shown(examples[verb])}\n\`\`\``
  return [`## ${title}`, before, example, table(documents[verb]), after].filter((part) => part !== undefined).join('\n\n')
}

function shapeSection(schema: z.core.$ZodType): string {
  const { section = '' } = notesOf(schema)
  return [`## ${section}`, wordsOfShapes[section], table(schema)].filter((part) => part !== undefined).join('\n\n')
}

function journalSection(): string {
  const records = journalRecord.def.options.map((option) => {
    const { meaning = '' } = notesOf(option)
    const name = option.def.shape.type.def.values.join()
    return [`### ${name}`, meaning, table(option)].filter((part) => part !== '').join('\n\n')
  })
  return `## Journal\n\nThe journal is one JSON object a line: a record of one of these types.\n\n${records.join('\n\n')}`
}

function table(schema: z.core.$ZodType): string {
  const rows = rowsOf(schema).map(
    ({ path, type, meaning, isOptional }) => `| \`${path}\` | ${type}${isOptional ? ', optional' : ''} | ${meaning} |`,
  )
  return ['| Field | Type | Meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

/** JSON as people write it: what fits on a line stands on one. */
function shown(value: unknown, indent = '', before = 0): string {
  const line = oneLine(value)
  if (typeof value !== 'object' || value === null || (indent !== '' && indent.length + before + line.length <= 126)) return line
  const deeper = `${indent}  `
  const items = Array.isArray(value)
    ? value.map((item) => deeper + shown(item, deeper))
    : Object.entries(value).map(([key, item]) => `${deeper}"${key}": ${shown(item, deeper, key.length + 4)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${items.join(',\n')}\n${indent}${close}`
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([key, item]) => `"${key}": ${oneLine(item)}`)
  return `{ ${fields.join(', ')} }`
}

const beginning = `<!-- Made by npm run docs, from src/contract. -->

# JSON output

Every verb takes \`--json\`. It then prints one JSON document on standard output, and nothing else. A failure that ends the verb
is one JSON document on standard error, [as described below](#errors).

\`\`\`sh
holdfast status --json | jq -r '.status.components[] | select(.healthy | not) | .component'
\`\`\`

${Object.keys(documents)
  .map((verb) => `- [${verb === 'errors' ? 'Errors' : `\`${verb}\``}](#${verb.replaceAll(' ', '-')})`)
  .join('\n')}
- [Webhook](#webhook), [journal](#journal)
- Shapes that several of them share: ${sharedShapes
  .map((schema) => notesOf(schema).section ?? '')
  .map((title) => `[${title.toLowerCase().replace('wal', 'WAL')}](#${title.toLowerCase().replaceAll(' ', '-')})`)
  .join(', ')}

\`config schema\` always prints JSON: a JSON Schema, without \`schemaVersion\`.

## Rules

- The first field is \`schemaVersion\`. It is 1. The tables below leave it out.
- **text** is a string, **integer** a whole number, **number** any number, **true or false** a boolean, **object** an object.
- **instant** is a string in ISO 8601, in UTC, with milliseconds: \`2026-01-25T19:00:03.000Z\`.
- Sizes are in bytes, and their names end in \`Bytes\`. Lengths of time are in milliseconds, and their names end in \`Ms\`; those of
  [\`config show\`](#config-show) are in milliseconds too, under the names that they have in the configuration.
- What is not known is absent. There is no \`null\`.

What may change while \`schemaVersion\` stays 1:

- new fields come, in any object;
- new values come for \`engine\`, \`kind\`, \`action\` and \`code\`;
- the words for people change: \`message\`, \`hint\`, \`detail\`, \`reason\`, \`interrupts\`, \`subject\`, \`said\`, \`healed\`, \`warnings\`, \`notes\`; so do
  the \`commands\` of a dry run;
- the order of fields changes, and the white space between them.

What raises \`schemaVersion\`: a field goes, or gets another name, type, unit or meaning.

The [exit code](exit-codes.md) says how the verb ended. \`backup\` prints its document whatever happened to the components, and
\`drill\` too; \`setup apply\` and \`recover\` also when something was left out, \`status\` and \`watch\` also when something is not well. Every other verb prints a document on standard output only when it ends with 0.`
