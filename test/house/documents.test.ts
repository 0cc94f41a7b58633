import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod/mini'
import { generatedDocuments } from '../../scripts/documents.ts'
import { exitMeanings } from '../../src/cli/exit-codes.ts'
import { blockOf } from '../../src/config/described.ts'
import { settingsJsonSchema, type SchemaNode } from '../../src/config/explain.ts'
import { loadSite } from '../../src/config/load.ts'
import { settingsSchema } from '../../src/config/schema.ts'
import { errorCatalogue } from '../../src/domain/errors.ts'
import type { Site } from '../../src/domain/site.ts'
import { thisMachine } from '../support/this-machine.ts'

const documentAt = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const configuration = documentAt('docs/configuration.md')
const sample = documentAt('docs/holdfast.sample.yaml')
const exitCodes = documentAt('docs/exit-codes.md')

describe('a generated document', () => {
  it.each(Object.entries(generatedDocuments()))('%s says what the code says; npm run docs writes it anew', (path, text) => {
    expect(documentAt(path)).toBe(text)
  })
})

describe('the schema of the configuration', () => {
  const keys = keysOfJson(settingsJsonSchema())
  const pathsOf = (some: readonly Key[]): string[] => some.map(({ path }) => path)

  it('names every key as JSON Schema, for editors', () => {
    expect(pathsOf(keys)).toContain('components.*.postgres.dataDirectory')
    expect(pathsOf(keys).toSorted()).toEqual(keysOfZod(settingsSchema).toSorted())
  })

  it('describes every key', () => {
    expect(pathsOf(keys.filter(({ node }) => !/\S{3}/.test(node.description ?? '')))).toEqual([])
  })

  it('shows what every key looks like, by an example or a default', () => {
    const shown = ({ node }: Key): boolean => blockOf(node) !== undefined || (node.example ?? node.default) !== undefined
    expect(pathsOf(keys.filter((key) => !shown(key)))).toEqual([])
  })

  it('gives every key a row in the section of its block', () => {
    const hasRow = ({ path }: Key): boolean => {
      const parts = path.replaceAll('*', 'NAME').split('.')
      const holder = parts.slice(0, -1).join('.')
      // The retention of a component has the keys of the site's, and they are described once.
      const title = holder === '' ? 'The keys' : holder.endsWith('.retention') ? '`retention`' : `\`${holder}\``
      return new RegExp(`^\\| \\[?\`${parts.at(-1)}\``, 'm').test(sectionOf(configuration, title))
    }
    expect(pathsOf(keys.filter((key) => !hasRow(key)))).toEqual([])
  })
})

describe('an example of a configuration', () => {
  let folder: string
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'holdfast-documents-'))))
  afterAll(() => rmSync(folder, { recursive: true }))

  function load(text: string): Promise<Site> {
    const file = join(folder, 'holdfast.yaml')
    writeFileSync(file, text)
    return loadSite(file, thisMachine)
  }

  it('loads: the sample as it is', async () => {
    const site = await load(sample)
    expect(site).toMatchObject({ name: 'pi-hosting', secretsDirectory: join(folder, 'secrets') })
    expect(site.components.map(({ name, source }) => [name, source.kind])).toEqual([
      ['database', 'postgres'],
      ['website', 'files'],
      ['logs', 'files'],
    ])
  })

  it('loads: the sample with every key set, of the two storages the bucket, of the two drills that of a database', async () => {
    const uncommented = sample.replaceAll(/^( *)#(?! )/gm, '$1')
    const everything = uncommented.replace(/^ {2}directory: .*\n/m, '').replace(/^ +mustExist: .*\n/m, '')
    expect(everything).not.toMatch(/^ *#\S/m)
    const site = await load(everything)
    expect(site.storage).toMatchObject({ kind: 's3', pathStyle: true, prefix: 'backups' })
    expect(site.engines.restic).toBe('/usr/local/bin/restic')
  })

  it('loads: each of the reference page, with what is required beside it', async () => {
    const [small = '', ...others] = [...configuration.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text)
    await load(small)
    for (const text of others) await load(stringify({ ...(parse(small) as object), ...(parse(text ?? '') as object) }))
    expect(others.length).toBeGreaterThan(10)
  })
})

describe('the page of exit codes', () => {
  it('has a row for every error: its meaning, its exit code, and whether it is tried again', () => {
    const rows = Object.entries(errorCatalogue).map(
      ([code, { meaning, exit, retryable }]) => `| \`${code}\` | ${meaning} | ${exit} | ${retryable ? 'yes' : 'no'} |`,
    )
    expect(rows.filter((row) => !exitCodes.includes(`\n${row}\n`))).toEqual([])
  })

  it('says what every exit code means', () => {
    const exits = Object.values(errorCatalogue).map(({ exit }) => exit)
    expect(exits.filter((exit) => exitMeanings[exit] === undefined)).toEqual([])
  })
})

describe('the glossary', () => {
  it('names no type that the code does not have', () => {
    const source = new URL('../../src/', import.meta.url)
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const code = files.map((name) => readFileSync(new URL(name, source), 'utf8')).join('\n')
    const names = [...documentAt('docs/glossary.md').matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !new RegExp(`export (interface|type|class) ${name}\\b`).test(code))).toEqual([])
  })
})

describe('a link between documents', () => {
  const docs = new URL('../../docs/', import.meta.url)
  const pages = readdirSync(docs).filter((name) => name.endsWith('.md'))
  const links = pages.flatMap((page) =>
    [...documentAt(`docs/${page}`).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, file = '', anchor]) => ({
      page,
      target: file === '' ? page : file,
      anchor,
    })),
  )

  it('leads to a page and a heading that exist', () => {
    expect(links.length).toBeGreaterThan(10)
    const broken = links.filter(({ target, anchor }) => {
      if (!existsSync(new URL(target, docs))) return true
      return anchor !== undefined && !anchorsOf(documentAt(`docs/${target}`)).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

/** The text under a heading, up to the next one of any depth. */
function sectionOf(page: string, title: string): string {
  const [, section = ''] = page.split(new RegExp(`^#+ ${escaped(title)}$`, 'm'))
  return section.split(/^#+ /m)[0] ?? ''
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

interface Key {
  readonly path: string
  readonly node: SchemaNode
}

/** All keys below a schema; `*` stands for a name that a person chooses. */
function keysOfJson(schema: SchemaNode, prefix = ''): Key[] {
  const entry = typeof schema.additionalProperties === 'object' ? keysOfJson(schema.additionalProperties, `${prefix}*.`) : []
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, node]) => [
    { path: prefix + key, node },
    ...keysOfJson(node, `${prefix}${key}.`),
  ])
  return [...entry, ...own, ...(schema.anyOf ?? []).flatMap((option) => keysOfJson(option, prefix))]
}

/** The same out of zod, which validates; so that neither can know a key that the other doesn't. */
function keysOfZod(schema: unknown, prefix = ''): string[] {
  if (schema instanceof z.ZodMiniObject) {
    return Object.entries(schema.def.shape).flatMap(([key, inner]) => [prefix + key, ...keysOfZod(inner, `${prefix}${key}.`)])
  }
  if (schema instanceof z.ZodMiniRecord) return keysOfZod(schema.def.valueType, `${prefix}*.`)
  if (schema instanceof z.ZodMiniUnion) return schema.def.options.flatMap((option) => keysOfZod(option, prefix))
  const wraps = schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniDefault || schema instanceof z.ZodMiniPrefault
  return wraps ? keysOfZod(schema.def.innerType, prefix) : []
}
