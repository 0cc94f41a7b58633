import { blockOf, entryOf, formOf, sentence } from './described.ts'
import type { SchemaNode } from './explain.ts'
import { inline, isBlock, yamlLines } from './yaml-text.ts'

/** docs/configuration.md: every key of the schema, and what no schema can say about secrets, paths and places. */
export function referencePage(schema: SchemaNode): string {
  const required = Object.fromEntries((schema.required ?? []).map((key) => [key, schema.properties?.[key]?.example]))
  const root: Holder = { block: schema, path: [], wrap: (content) => content }
  return [
    '<!-- Made by npm run docs, from src/config/schema.ts and src/config/reference.ts. -->',
    '',
    ...introduction,
    '',
    ...fenced(required),
    '',
    ...files,
    '',
    ...secrets,
    '',
    ...paths,
    '',
    ...aboutKeys,
    '',
    ...keyTable(root, new Map()),
    '',
    ...blockSections(root, new Map()),
  ].join('\n')
}

const introduction = `# Configuration

One YAML file says what is protected on a machine, where its backups go and what was agreed. Holdfast reads
\`/etc/holdfast/holdfast.yaml\`, unless \`--config FILE\` or the variable \`HOLDFAST_CONFIG\` names another one.

- \`holdfast init\` writes a first one. [holdfast.sample.yaml](holdfast.sample.yaml) shows every key with a comment.
- \`holdfast config check\` reads it and the secrets, and reports all errors of the file at once, each with line and
  column. A key that is not on this page is an error.
- \`holdfast config show\` prints what was understood: every default filled in, every path absolute, lengths of time in
  milliseconds.
- \`holdfast config schema\` prints the JSON Schema, for editors that complete and check while you type.

On this page: [where things lie](#where-things-lie), [secrets](#secrets), [paths](#paths), [the keys](#the-keys).

A small one:`.split('\n')

const files = `## Where things lie

| What | Where | To change it |
|---|---|---|
| Configuration | \`/etc/holdfast/holdfast.yaml\` | \`--config FILE\` or \`HOLDFAST_CONFIG\` |
| Secrets | \`secrets/\` beside the configuration | the key [\`secrets\`](#the-keys) |
| Configuration of pgBackRest | \`pgbackrest/COMPONENT.conf\` beside the configuration; written by \`holdfast setup apply\` | |
| State: journal, locks | \`/var/lib/holdfast/SITE/\` | \`HOLDFAST_STATE_DIR\` instead of \`/var/lib/holdfast\` |
| The same in memory, while that takes nothing | \`/run/holdfast/SITE/\` | \`HOLDFAST_RUNTIME_DIR\` instead of \`/run/holdfast\` |
| Caches, which may be deleted | \`/var/cache/holdfast/SITE/\` | \`HOLDFAST_CACHE_DIR\` instead of \`/var/cache/holdfast\` |
| Repository of a component, in a folder | \`DIRECTORY/SITE/COMPONENT/\` | [\`storage\`](#storage), \`site\`, \`repository\` |
| Repository of a component, in a bucket | \`s3://BUCKET/PREFIX/SITE/COMPONENT/\` | [\`storage.s3\`](#storages3), \`site\`, \`repository\` |

Two components never share a repository, and none lies inside that of another. A source must not lie in the storage, nor the
storage in a source, unless its path stands in \`exclude\`. Both are configuration errors.`.split('\n')

const secrets = `## Secrets

Secrets never stand in holdfast.yaml. They are files in the secrets folder:

| File | What it holds | Needed |
|---|---|---|
| \`restic.key\` | the passphrase of all repositories of the site, of both engines: one line of at least 12 characters | always |
| \`aws.env\` | \`AWS_ACCESS_KEY_ID=…\` and \`AWS_SECRET_ACCESS_KEY=…\`; \`AWS_SESSION_TOKEN=…\` where the keys are temporary | with \`storage.s3\` |
| \`discord.env\`, \`webhook.env\`, \`ping.env\` | the [addresses of channels](notices.md#urls) | with [\`notify\`](#notify) |

\`holdfast init\` makes \`restic.key\`, and an \`aws.env\` and a \`discord.env\` to fill in. **Keep a copy of the passphrase away from this machine:
without it, nothing can be restored.** A new passphrase in the file does not change the repositories; they still want the one
that they were made with. \`openssl rand -base64 33\` makes a good one.

\`aws.env\` has a line \`NAME=VALUE\` for each variable. Empty lines, comments that begin with \`#\`, a leading \`export\`, and quotes
around a value are allowed.

**Modes.** A secret file must be closed to everybody but its owner (\`chmod 600\`), belong to root or to the user that runs
Holdfast, and not be tracked by git. Otherwise Holdfast stops with the error \`secret\` and says what to do. The folder itself
should have mode 0700; \`holdfast init\` makes it so.

**Where Holdfast looks**, in this order:

1. the folder that \`CREDENTIALS_DIRECTORY\` names, for files of the same names. systemd sets it for a service with, for
   example, \`LoadCredential=restic.key:/etc/holdfast/secrets/restic.key\`;
2. the secrets folder;
3. the environment: \`RESTIC_PASSWORD\`, \`AWS_ACCESS_KEY_ID\`, \`AWS_SECRET_ACCESS_KEY\`, \`AWS_SESSION_TOKEN\`, and the variables of
   the addresses. A file wins over the environment; where there is an \`aws.env\`, no key is taken from the environment.

**A copy for pgBackRest.** PostgreSQL hands its WAL to pgBackRest at any moment, also when Holdfast does not run. So
\`holdfast setup apply\` writes the passphrase and the keys of the bucket into \`pgbackrest/COMPONENT.conf\`, readable by root and
by the owner of the cluster alone. After a change of the secrets run it again.`.split('\n')

const paths = `## Paths

A relative path starts at the folder of holdfast.yaml, wherever Holdfast is called from. So \`secrets: secrets\` in
\`/etc/holdfast/holdfast.yaml\` means \`/etc/holdfast/secrets\`. \`~\` and variables such as \`$HOME\` are not expanded. The patterns
in \`exclude\` go to restic as they are written.`.split('\n')

const aboutKeys = `## The keys

A key marked **required** has to be there as soon as its block is. All others may be left out. Where the last column is empty,
nothing takes their place, unless the description says what does.`.split('\n')

/** A block of keys, where it stands in the file, and how an example of it is put there. */
interface Holder {
  readonly block: SchemaNode
  readonly path: readonly string[]
  readonly wrap: (content: object) => object
}

/** Blocks that were described already, by their keys, with the name under which they were. */
type Described = Map<string, string>

function blockSections({ block: holder, path: holderPath, wrap: wrapHolder }: Holder, described: Described): string[] {
  return Object.entries(holder.properties ?? {}).flatMap(([key, node]) => {
    const path = [...holderPath, key]
    const beside = holderPath.length === 0 ? {} : requiredBeside(key, holder)
    const wrap = (content: object) => wrapHolder({ ...beside, [key]: content })
    const entry = entryOf(node)
    if (entry !== undefined)
      return [...section(path, node, [], wrap(exampleOf(node))), ...entrySections(node, entry, path, wrap, described)]
    const block = blockOf(node)
    if (block === undefined) return []
    const identity = JSON.stringify(block.properties)
    if (described.has(identity)) return []
    described.set(identity, nameOf(path))
    const inner: Holder = { block, path, wrap }
    return [...section(path, node, keyTable(inner, described), wrap(exampleOf(node))), ...blockSections(inner, described)]
  })
}

/** What an example of a key in a block can't do without; the top of the file has its own example. */
function requiredBeside(key: string, { required = [], properties = {} }: SchemaNode): object {
  return Object.fromEntries(required.filter((other) => other !== key).map((other) => [other, properties[other]?.example]))
}

/** The sections of what stands below a name of one's own choice; each shows it with a name of the example that fits. */
function entrySections(
  node: SchemaNode,
  entry: SchemaNode,
  holderPath: readonly string[],
  wrapHolder: Holder['wrap'],
  described: Described,
): string[] {
  const examples = Object.entries((node.example ?? {}) as Record<string, Record<string, unknown>>)
  const path = [...holderPath, 'NAME']
  const wrap = (content: object) => {
    const found = examples.find(([, example]) => Object.keys(content).some((key) => key in example))
    if (found !== undefined) return wrapHolder({ [found[0]]: content })
    // One that has a form as a whole can't do without some keys: those of the first example.
    const [first = ['name', {}] as const] = examples
    const [name, beside] = entry.form === undefined ? ['name', {}] : first
    return wrapHolder({ [name]: { ...beside, ...content } })
  }
  const inner: Holder = { block: entry, path, wrap }
  const whole = { ...examples[0]?.[1], ...exampleOf(entry) }
  const named = { ...entry, description: 'one of them; its name is yours to choose' }
  return [...section(path, named, keyTable(inner, described), wrap(whole)), ...blockSections(inner, described)]
}

function section(path: readonly string[], node: SchemaNode, table: readonly string[], example: object): string[] {
  return [
    `### \`${nameOf(path)}\``,
    '',
    sentence(node.description ?? ''),
    ...(node.form === undefined ? [] : ['', `Form: ${node.form}`]),
    '',
    ...(table.length === 0 ? [] : [...table, '']),
    ...fenced(example),
    '',
  ]
}

function keyTable({ block, path }: Holder, described: Described): string[] {
  const rows = Object.entries(block.properties ?? {}).map(([key, node]) => {
    const cells = [
      keyCell(node, [...path, key], described),
      sentence(node.description ?? ''),
      formOf(node),
      whenLeftOut(key, node, block),
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return ['| Key | What it is | Form | When left out |', '|---|---|---|---|', ...rows]
}

/** The key, with a link to its own section where it has one. */
function keyCell(node: SchemaNode, path: readonly string[], described: Described): string {
  const key = `\`${path.at(-1) ?? ''}\``
  const block = blockOf(node)
  if (block === undefined && entryOf(node) === undefined) return key
  const name = described.get(JSON.stringify(block?.properties)) ?? nameOf(path)
  return `[${key}](#${name.toLowerCase().replaceAll('.', '')})`
}

function whenLeftOut(key: string, node: SchemaNode, block: SchemaNode): string {
  if (block.required?.includes(key)) return '**required**'
  if (node.default === undefined) return ''
  const isEmpty = typeof node.default === 'object' && Object.keys(node.default as object).length === 0
  if (!isEmpty) return `\`${inline(node.default)}\``
  const keys = Object.values(blockOf(node)?.properties ?? {})
  if (keys.length === 0) return 'none'
  return keys.some((child) => child.default !== undefined) ? 'the defaults of its keys' : ''
}

const nameOf = (path: readonly string[]): string => path.join('.')

/** The schema's own example of a block, or one made of the examples of its keys. */
function exampleOf(node: SchemaNode): object {
  if (isBlock(node.example)) return node.example
  const leaves = Object.entries(blockOf(node)?.properties ?? {}).filter(
    ([, child]) => blockOf(child) === undefined || child.example,
  )
  return Object.fromEntries(leaves.map(([key, child]) => [key, child.example ?? child.default]))
}

function fenced(content: object): string[] {
  return ['```yaml', ...Object.entries(content).flatMap(([key, value]) => yamlLines(key, value)), '```']
}
