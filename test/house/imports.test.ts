import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { house, lintPlanted, type Finding } from './planted-tree.ts'

/**
 * Who may import whom, said a second time: a rule that is loosened in `.oxlintrc.json` has to be loosened here too. A room
 * or a folder stands for everything in it, `node` for Node's own modules but those that run programs or measure time.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  policy: ['domain', 'temporal-polyfill'],
  config: ['domain', 'places/place.ts', 'places/local.ts', 'yaml', 'zod', 'node'],
  places: ['domain', 'node'],
  engines: ['domain', 'places', 'zod', 'node'],
  sources: ['domain', 'places', 'zod', 'node'],
  storage: ['domain', 'aws4', 'node'],
  journal: ['domain', 'node'],
  cost: ['domain', 'policy', 'node'],
  drills: ['domain', 'places', 'sources', 'node'],
  notices: ['domain', 'node'],
  schedule: ['domain', 'places', 'node'],
  app: [
    ...['cost', 'domain', 'drills', 'journal', 'policy', 'sources', 'node'],
    ...['engines/port.ts', 'storage/port.ts', 'notices/port.ts', 'schedule/port.ts'],
    ...['places/place.ts', 'places/site-lock.ts', 'places/bounded-text.ts'],
  ],
  web: ['app', 'domain', 'journal', 'policy', 'node'],
  demo: ['domain', 'places', 'policy', 'sources', 'aws4', 'node'],
  cli: [
    ...['app', 'config', 'cost', 'domain', 'drills', 'engines', 'journal', 'notices', 'places', 'policy', 'schedule'],
    ...['sources', 'storage', 'web', 'commander', 'yaml', 'node'],
  ],
}

/** Files that may import what their room may not, or less. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'places/process.ts': ['domain', 'node', 'node:child_process'],
  'demo/rados-gateway.ts': ['aws4', 'node', 'node:child_process'],
  'cli/commands/demo.ts': [...(mayImport['cli'] ?? []), 'demo'].filter((name) => name !== 'commander' && name !== 'yaml'),
}

const rooms = Object.keys(mayImport)

const packages = ['zod', 'zod/mini', 'yaml', 'commander', 'aws4', 'temporal-polyfill', 'temporal-polyfill/global', 'vitest']
const nodeModules = ['node:fs', 'node:fs/promises']
const bannedModules = ['node:child_process', 'node:perf_hooks', 'fs', 'child_process']

/** Something to import from every room, and every file that one of the rules names. */
const roomFiles = [
  ...rooms.flatMap((room) => [`${room}/anything.ts`, `${room}/port.ts`, `${room}/folder/anything.ts`]),
  ...['place', 'local', 'process', 'site-lock', 'bounded-text'].map((name) => `places/${name}.ts`),
  ...['engines/restic/engine.ts', 'engines/pgbackrest/engine.ts', 'storage/s3/bucket.ts', 'storage/directory.ts'],
  ...['cli/program.ts', 'cli/compose.ts', 'cli/output/json.ts', 'cli/commands/demo.ts'],
]

const outside = [...packages, ...nodeModules, ...bannedModules]
const roomOf = (file: string): string => file.slice(0, file.indexOf('/'))

/** What a file of a room would import: everything outside the room. */
const targetsFor = (file: string): string[] => [...roomFiles.filter((target) => roomOf(target) !== roomOf(file)), ...outside]

function isAllowed(target: string, allowed: readonly string[]): boolean {
  return (
    allowed.includes(target) ||
    (allowed.includes('node') && nodeModules.includes(target)) ||
    (roomFiles.includes(target) && allowed.includes(roomOf(target)))
  )
}

/** How a file writes down what it imports. */
function specifier(file: string, target: string): string {
  return roomFiles.includes(target) ? '../'.repeat(file.split('/').length - 1) + target : target
}

/** The same on two levels: deep in a room the way out is one step longer. */
const importers: [file: string, allowed: readonly string[]][] = [
  ...rooms.flatMap((room): [string, readonly string[]][] => [
    [`${room}/planted.ts`, mayImport[room] ?? []],
    [`${room}/folder/planted.ts`, mayImport[room] ?? []],
  ]),
  ...Object.entries(exceptions),
]

const waysToImport: Readonly<Record<string, (target: string) => string>> = {
  'a value': (target) => `import { value } from '${target}'`,
  'a type': (target) => `import type { Type } from '${target}'`,
  'all of it': (target) => `import * as all from '${target}'`,
  'its effects': (target) => `import '${target}'`,
  'to export it again': (target) => `export { value } from '${target}'`,
  'to export all again': (target) => `export * from '${target}'`,
  'when called': (target) => `export const later = () => import('${target}')`,
  'inside a type': (target) => `export type Type = import('${target}').Type`,
  'the old way': (target) => `export const old = require('${target}')`,
}

const waysRound = ['./../cli/main.ts', './folder/../../cli/main.ts', '../domain/../cli/main.ts', '../../src/cli/main.ts']

/** Each line with the rules that have to refuse it; the rules are house rules, so they hold in every room. */
const bans: readonly [what: string, line: string, rule: string, where?: readonly string[]][] = [
  ['the machine’s clock', 'export const at = Date.now()', 'eslint(no-restricted-properties)'],
  ['the machine’s clock by another name', 'export const { now } = Date', 'eslint(no-restricted-properties)'],
  ['a stopwatch', 'export const at = performance.now()', 'eslint(no-restricted-properties)'],
  ['Node’s stopwatch', 'export const at = process.hrtime.bigint()', 'eslint(no-restricted-properties)'],
  ['the calendar’s clock', 'export const at = Temporal.Now.instant()', 'eslint(no-restricted-properties)'],
  ['the date as text', 'export const at = Date()', 'unicorn(new-for-builtins)'],
  ['printing', "console.log('done')", 'eslint(no-console)'],
  ['a default export', 'export default function backUp() {}', 'import(no-default-export)'],
]

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`
const linesOf = (count: number): string => textOf(Array.from({ length: count }, (_, index) => `export const line${index} = ${index}`))

function plantedFiles(): Map<string, string> {
  const files = new Map<string, string>()
  for (const [file] of importers) {
    files.set(`src/${file}`, textOf(targetsFor(file).map((target, index) => `export { value${index} } from '${specifier(file, target)}'`)))
  }
  for (const room of rooms) {
    files.set(`src/${room}/ways.ts`, textOf(Object.values(waysToImport).map((write) => write('../stranger/anything.ts'))))
    files.set(`src/${room}/round.ts`, textOf(waysRound.map((way) => `import { value } from '${way}'`)))
    files.set(`src/${room}/own.ts`, textOf(["import { value } from './neighbour.ts'", "import { other } from './folder/one.ts'"]))
    files.set(`src/${room}/folder/own.ts`, textOf(["import { value } from './two.ts'", "import { other } from '../neighbour.ts'"]))
    files.set(`src/${room}/bans.ts`, textOf(bans.map(([, line]) => line)))
    files.set(`src/${room}/leaves.ts`, 'process.exit(1)\n')
    files.set(`src/${room}/long.ts`, linesOf(400))
    files.set(`src/${room}/too-long.ts`, linesOf(401))
  }
  files.set('src/stranger/planted.ts', textOf([...roomFiles, ...outside].map((target) => `import '${specifier('stranger/planted.ts', target)}'`)))
  files.set('src/app/back-up.test.ts', "import { value } from '../engines/restic/engine.ts'\nimport { test } from 'vitest'\n")
  return files
}

describe('the rooms of the house', () => {
  let findings: readonly Finding[] = []
  let planted = new Map<string, string>()

  beforeAll(() => {
    planted = plantedFiles()
    findings = lintPlanted(planted).findings
  })

  const refused = (file: string, rule: string): number[] => {
    const lines = findings.filter((finding) => finding.file === file && finding.rule === rule).map(({ line }) => line)
    return [...new Set(lines)].toSorted((left, right) => left - right)
  }
  const refusedImports = (file: string): string[] => {
    const lines = planted.get(file)?.split('\n') ?? []
    return refused(file, 'eslint(no-restricted-imports)').map((line) => /'(.+)'/.exec(lines[line - 1] ?? '')?.[1] ?? '')
  }

  test('every room that stands has its rules', () => {
    const standing = readdirSync(join(house, 'src'))
    expect(rooms).toEqual(expect.arrayContaining(standing))
  })

  test.each(importers)('%s imports only %j', (file, allowed) => {
    const forbidden = targetsFor(file).filter((target) => !isAllowed(target, allowed))
    expect(refusedImports(`src/${file}`)).toEqual(forbidden.map((target) => specifier(file, target)))
  })
})
