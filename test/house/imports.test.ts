import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { importCircles } from './import-circles.ts'
import { house, lintPlanted, type Finding } from './planted-tree.ts'

/** The floors of app, from the ground up: each room knows those on the floors below it. */
const floorsOfApp: readonly (readonly string[])[] = [
  ['site'],
  ['component', 'evidence', 'retention', 'runbook', 'timers'],
  ['browse', 'kit', 'status', 'watch'],
  ['notify', 'restore', 'setup'],
  ['backup', 'drill', 'recover'],
]

/** What machine lends to adapters: its port, and what is a table. Whoever is given a machine was given it by the command line. */
const lent = ['accounts', 'mounts', 'port', 'processes', 'signals', 'temporary-folder'].map((name) => `machine/${name}.ts`)

/** Node's modules that tell of the machine, or wait without a clock. */
const timeless = ['node:os', 'node:timers', 'node:timers/promises']

/** What each floor knows of sources/postgres beside its port: of clusters that have no live server, and of setting one up. */
const postgresOnFloors: readonly (readonly string[])[] = [
  ['data-directory', 'debian', 'manual/restore', 'manual/restore-in-container'],
  ['data-directory', 'server-control', 'manual/restore'],
  [],
  [
    ...['data-directory', 'debian', 'programs', 'server-control', 'tables'],
    ...[
      'archiving',
      'container/compose',
      'container/image',
      'container/inspection',
      'restored/cluster',
      'restored/private-server',
    ],
  ],
  ['data-directory', 'debian', 'programs', 'server-control'],
]

const inPostgres = (...names: readonly string[]): string[] => names.map((name) => `sources/postgres/${name}.ts`)

function roomsOfApp(): Record<string, readonly string[]> {
  const common = [
    ...['contract', 'cost', 'disk', 'domain', 'drills', 'policy', 'sources', 'state', 'node'],
    ...['engines/database-port.ts', 'engines/file-port.ts'],
    ...['engines/port.ts', ...lent, 'storage/port.ts', 'notices/port.ts', 'schedule/port.ts'],
    ...['place', 'site-lock', 'lock-holder', 'bounded-text', 'command-text'].map((name) => `places/${name}.ts`),
  ]
  return Object.fromEntries(
    floorsOfApp.flatMap((floor, index) => {
      const below = floorsOfApp.slice(0, index).flat()
      const known = [...common, ...inPostgres('port', ...(postgresOnFloors[index] ?? [])), ...below.map((room) => `app/${room}`)]
      return floor.map((name) => [`app/${name}`, known])
    }),
  )
}

const allOfApp = floorsOfApp.flat().map((name) => `app/${name}`)

/**
 * Who may import whom, said a second time: a rule that is loosened in `.oxlintrc.json` has to be loosened here too. A room
 * or a folder stands for everything in it, `node` for Node's own modules but those that run programs or measure time.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  policy: ['domain', 'temporal-polyfill'],
  disk: ['domain', 'node'],
  contract: ['domain', 'zod/mini'],
  config: ['disk', 'domain', 'places/place.ts', 'places/local.ts', 'yaml', 'zod/mini', ...lent, 'node'],
  machine: ['domain', 'node', 'node:os'],
  places: ['disk', 'domain', ...lent, 'node'],
  engines: ['disk', 'domain', 'places', 'zod/mini', 'node'],
  sources: ['disk', 'domain', 'places', 'yaml', 'zod/mini', ...lent, 'node'],
  storage: ['disk', 'domain', 'aws4', ...lent, 'node'],
  state: ['contract', 'disk', 'domain', 'policy', 'node'],
  cost: ['domain', 'policy', 'node'],
  drills: ['sources/postgres', 'domain', 'places', 'sources', 'node'],
  notices: ['contract', 'domain', 'policy', 'node'],
  schedule: ['disk', 'domain', 'places', ...lent, 'node'],
  ...roomsOfApp(),
  web: [...allOfApp, 'contract', 'domain', 'policy', 'state', 'node'],
  demo: ['sources/postgres', 'domain', 'places', 'policy', 'sources', 'aws4', 'node', ...timeless],
  cli: [
    ...allOfApp,
    ...[
      'config',
      'contract',
      'cost',
      'disk',
      'domain',
      'drills',
      'engines',
      'machine',
      'notices',
      'places',
      'policy',
      'schedule',
    ],
    ...['sources', 'sources/postgres', 'state', 'storage', 'web', 'commander', 'yaml', 'node'],
  ],
}

/** Files that may import what their room may not, or less. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'places/process.ts': ['domain', ...lent, 'node', 'node:child_process'],
  'machine/child.ts': ['domain', 'node', 'node:os', 'node:child_process'],
  'demo/rados-gateway.ts': ['aws4', 'node', 'node:child_process', ...timeless],
  'demo/certificates.ts': ['aws4', 'node', 'node:child_process', ...timeless],
  'cli/commands/demo.ts': [...(mayImport['cli'] ?? []), 'demo'],
}

const rooms = Object.keys(mayImport)

const packages = ['zod', 'zod/mini', 'yaml', 'commander', 'aws4', 'temporal-polyfill', 'temporal-polyfill/global', 'vitest']
const nodeModules = ['node:fs', 'node:fs/promises']
const bannedModules = ['node:child_process', 'node:perf_hooks', ...timeless, 'fs', 'child_process']

/** Something to import from every room, and every file that one of the rules names. */
const roomFiles = [
  ...rooms.flatMap((room) => [`${room}/anything.ts`, `${room}/port.ts`, `${room}/folder/anything.ts`]),
  ...['place', 'local', 'process', 'site-lock', 'lock-holder', 'bounded-text', 'command-text'].map((name) => `places/${name}.ts`),
  ...['accounts', 'mounts', 'processes', 'signals', 'temporary-folder', 'linux', 'kernel', 'child'].map(
    (name) => `machine/${name}.ts`,
  ),
  ...['engines/database-port.ts', 'engines/file-port.ts'],
  ...['engines/restic/engine.ts', 'engines/pgbackrest/engine.ts', 'storage/s3/bucket.ts', 'storage/directory.ts'],
  ...inPostgres(...new Set(['port', 'locate', 'query', 'restored/start', ...postgresOnFloors.flat()])),
  ...['cli/program.ts', 'cli/compose.ts', 'cli/output/json.ts', 'cli/commands/demo.ts'],
]

const outside = [...packages, ...nodeModules, ...bannedModules]
/** The room that a file is in: of app, the room within it; sources/postgres is one of its own. */
const roomOf = (file: string): string => /^(?:app\/|sources\/(?=postgres\/))?[^/]+/.exec(file)?.[0] ?? file

/** What a file of a room would import: everything outside the room. */
const targetsFor = (file: string): string[] => [
  ...roomFiles.filter((target) => !target.startsWith(`${roomOf(file)}/`)),
  ...outside,
]

function isAllowed(target: string, allowed: readonly string[]): boolean {
  return (
    allowed.includes(target) ||
    (allowed.includes('node') && nodeModules.includes(target)) ||
    (roomFiles.includes(target) && allowed.includes(roomOf(target)))
  )
}

/** How a file writes down what it imports. */
function specifier(file: string, target: string): string {
  return roomFiles.includes(target) ? relative(dirname(file), target) : target
}

/** The same on two levels: deep in a room the way out is one step longer. */
const importers: [file: string, allowed: readonly string[]][] = [
  ...rooms.flatMap((room): [string, readonly string[]][] => [
    [`${room}/planted.ts`, mayImport[room] ?? []],
    [`${room}/folder/planted.ts`, mayImport[room] ?? []],
  ]),
  ...Object.entries(exceptions),
]

/** What a line does, the line, and the rule that refuses it. */
type Refused = readonly [what: string, line: string, rule: string]

const imports = 'eslint(no-restricted-imports)'
const properties = 'eslint(no-restricted-properties)'
const globals = 'eslint(no-restricted-globals)'

const waysToImport: readonly Refused[] = [
  ['a value', "import { value } from '../stranger/one.ts'", imports],
  ['a type', "import type { Type } from '../stranger/two.ts'", imports],
  ['a type in passing', "export type Three = import('../stranger/three.ts').Three", 'typescript(consistent-type-imports)'],
  ['a namespace', "import * as all from '../stranger/four.ts'", imports],
  ['effects only', "import '../stranger/five.ts'", imports],
  ['something to hand on', "export { six } from '../stranger/six.ts'", imports],
  ['everything to hand on', "export * from '../stranger/seven.ts'", imports],
  ['something when called', "export const later = () => import('../stranger/eight.ts')", imports],
  ['something in the old way', "export const nine = require('../stranger/nine.ts')", 'typescript(no-require-imports)'],
  ['something on a way round itself', "import { ten } from './../stranger/ten.ts'", imports],
  ['something on a way round a folder', "import { eleven } from './folder/../../stranger/eleven.ts'", imports],
  ['something on a way round a friend', "import { twelve } from '../domain/../stranger/twelve.ts'", imports],
  ['something on a way round the house', "import { thirteen } from '../../src/stranger/thirteen.ts'", imports],
]

const bans: readonly Refused[] = [
  ['reads the machine’s clock', 'export const one = Date.now()', properties],
  ['reads the machine’s clock by another name', 'export const { now } = Date', properties],
  ['reads the machine’s clock as text', 'export const three = Date()', 'unicorn(new-for-builtins)'],
  ['reads the machine’s clock through Temporal', 'export const four = Temporal.Now.instant()', properties],
  ['holds a stopwatch', 'export const five = performance.now()', properties],
  ['holds Node’s stopwatch', 'export const six = process.hrtime.bigint()', properties],
  ['waits without a clock', 'setTimeout(() => undefined, 1)', globals],
  ['waits again and again without a clock', 'setInterval(() => undefined, 1)', globals],
  ['prints', "console.log('done')", 'eslint(no-console)'],
  ['prints past the console', "process.stdout.write('done')", properties],
  ['prints errors past the console', 'export const { stderr } = process', properties],
  ['reads what is typed', 'export const seven = process.stdin', properties],
  ['has a default export', 'export default function backUp() {}', 'import(no-default-export)'],
]

/** What src/disk alone may do: for everybody else a short write, a draft that is a link, or a torn file would be theirs to think of. */
const writes: readonly Refused[] = [
  ['writes to a file', "import { writeSync } from 'node:fs'", imports],
  ['renames', "import { renameSync as six } from 'node:fs'", imports],
  ['appends', "import { appendFile } from 'node:fs/promises'", imports],
  ['replaces a file', "import { writeFileSync } from 'node:fs'", imports],
  ['copies a file', "import { copyFileSync } from 'node:fs'", imports],
  ['hands on all that can be done to files', "import * as all from 'node:fs'", imports],
  ['believes what JSON says', "export const eight = JSON.parse('{}')", properties],
]

/** Each pair names the other in another way. */
const circles: readonly (readonly [file: string, text: string])[] = [
  ['value-a.ts', "import { b } from './value-b.ts'\n\nexport const a = () => b()"],
  ['value-b.ts', "import { a } from './value-a.ts'\n\nexport const b = (): unknown => a()"],
  ['type-a.ts', "import type { B } from './type-b.ts'\n\nexport interface A {\n  readonly b?: B\n}"],
  ['type-b.ts', "import type { A } from './type-a.ts'\n\nexport interface B {\n  readonly a?: A\n}"],
]

const joined = (lines: readonly string[]): string => `${lines.join('\n')}\n`

/** A function with so many ways through it. */
const branching = (ways: number): string =>
  `export function branch(at: number): number {\n${'  if (at > 0) return 1\n'.repeat(ways - 1)}  return 0\n}\n`

/** A function of so many lines, beside blank ones and comments. */
const longFunction = (lines: number): string =>
  `export function long(run: () => void): void {\n${'  run()\n'.repeat(lines - 2)}\n  // a comment\n}\n`

function plantedFiles(): Map<string, string> {
  const files = new Map<string, string>()
  for (const [file] of importers) {
    const lines = targetsFor(file).map((target, index) => `export { value${index} } from '${specifier(file, target)}'`)
    files.set(`src/${file}`, joined(lines))
  }
  for (const room of rooms) {
    files.set(`src/${room}/ways.ts`, joined(waysToImport.map(([, line]) => line)))
    files.set(`src/${room}/bans.ts`, joined(bans.map(([, line]) => line)))
    files.set(`src/${room}/writes.ts`, joined(writes.map(([, line]) => line)))
    files.set(`src/${room}/own.ts`, "export { one } from './neighbour.ts'\nexport { two } from './folder/two.ts'\n")
    files.set(`src/${room}/folder/own.ts`, "export { one } from './neighbour.ts'\nexport { two } from '../two.ts'\n")
    files.set(`src/${room}/leaving.ts`, 'process.exit(1)\n')
    files.set(`src/${room}/branching.ts`, branching(20))
    files.set(`src/${room}/too-branching.ts`, branching(21))
    files.set(`src/${room}/long-function.ts`, longFunction(80))
    files.set(`src/${room}/too-long-function.ts`, longFunction(81))
    files.set(`src/${room}/long.ts`, '// a line\n'.repeat(300))
    files.set(`src/${room}/too-long.ts`, '// a line\n'.repeat(301))
  }
  for (const name of ['outlet', 'other']) files.set(`src/cli/output/${name}.ts`, joined(['process.stdout.write(text)']))
  const stranger = ["export { one } from './one.ts'", "import '../domain/two.ts'", "import './../domain/three.ts'"]
  files.set('src/stranger/planted.ts', joined(stranger))
  files.set(
    'src/app/stranger/planted.ts',
    joined(["export { one } from './one.ts'", "import '../site/two.ts'", "import '../../domain/three.ts'"]),
  )
  for (const [file, text] of circles) files.set(`src/domain/circles/${file}`, joined([text]))
  files.set(
    'src/app/backup/planted.test.ts',
    "export { one } from '../../engines/restic/engine.ts'\nexport { test } from 'vitest'\n",
  )
  return files
}

describe('the rules of the house', () => {
  const planted = plantedFiles()
  let findings: readonly Finding[] = []

  // The linter is run once for all of the tests.
  beforeAll(() => {
    findings = lintPlanted(planted).findings
  }, 30_000)

  /** The planted lines that a rule refuses, in the order of the file. */
  function refusedLines(file: string, rule: string): string[] {
    const lines = planted.get(file)?.split('\n') ?? []
    const refused = new Set(findings.filter((finding) => finding.file === file && finding.rule === rule).map(({ line }) => line))
    return lines.filter((_, index) => refused.has(index + 1))
  }
  const refusedImports = (file: string): string[] => refusedLines(file, imports).map((line) => /'(.+)'/.exec(line)?.[1] ?? line)
  const filesRefusedBy = (rule: string, name: string): string[] =>
    rooms.filter((room) => findings.some((finding) => finding.file === `src/${room}/${name}` && finding.rule === rule))

  test('the linter could read whatever was planted', () => {
    expect(findings.filter(({ rule }) => rule === '')).toEqual([])
  })

  test('every room that stands has its row in the table', () => {
    const standing = (folder: string) => readdirSync(join(house, 'src', folder))
    const inApp = standing('app').map((name) => `app/${name}`)
    expect(rooms).toEqual(expect.arrayContaining([...standing('').filter((name) => name !== 'app'), ...inApp]))
  })

  test.each(importers)('src/%s imports what its row allows, and nothing else', (file, allowed) => {
    const forbidden = targetsFor(file).filter((target) => !isAllowed(target, allowed))
    expect(refusedImports(`src/${file}`)).toEqual(forbidden.map((target) => specifier(file, target)))
  })

  test.each(rooms)('%s imports from itself, up and down', (room) => {
    expect([...refusedImports(`src/${room}/own.ts`), ...refusedImports(`src/${room}/folder/own.ts`)]).toEqual([])
  })

  test('a new room imports nothing but itself until it has a row', () => {
    expect(refusedImports('src/stranger/planted.ts')).toEqual(['../domain/two.ts', './../domain/three.ts'])
  })

  test('a new room of app imports nothing but itself until it has a row', () => {
    expect(refusedImports('src/app/stranger/planted.ts')).toEqual(['../site/two.ts', '../../domain/three.ts'])
  })

  test.each(circles)('no circle of imports is left, neither of values nor of types (%s)', (file) => {
    expect(findings.filter((finding) => finding.file === `src/domain/circles/${file}`).map(({ rule }) => rule)).toContain(
      'import(no-cycle)',
    )
  })

  test('a test beside the code imports whatever it needs', () => {
    expect(refusedImports('src/app/backup/planted.test.ts')).toEqual([])
  })

  test.each(waysToImport)('no room imports %s from a room that it may not know', (_, line, rule) => {
    expect(rooms.filter((room) => !refusedLines(`src/${room}/ways.ts`, rule).includes(line))).toEqual([])
  })

  test.each(bans)('no room %s', (_, line, rule) => {
    const mayWait = rule === globals ? ['demo'] : []
    expect(rooms.filter((room) => !refusedLines(`src/${room}/bans.ts`, rule).includes(line))).toEqual(mayWait)
  })

  test('only the outlet of the command line knows the streams of the process', () => {
    expect(refusedLines('src/cli/output/outlet.ts', properties)).toEqual([])
    expect(refusedLines('src/cli/output/other.ts', properties)).toEqual(['process.stdout.write(text)'])
  })

  test.each(writes)('no room %s, but disk, and the demonstration, which throws away what it wrote', (_, line, rule) => {
    const doing = rooms.filter((room) => !refusedLines(`src/${room}/writes.ts`, rule).includes(line))
    expect(doing).toEqual(rule === properties ? [] : ['disk', 'demo'])
  })

  test('only the command line ends the process', () => {
    expect(filesRefusedBy('unicorn(no-process-exit)', 'leaving.ts')).toEqual(rooms.filter((room) => room !== 'cli'))
  })

  test('no function has more than 20 ways through it, or more than 80 lines', () => {
    expect(filesRefusedBy('eslint(complexity)', 'branching.ts')).toEqual([])
    expect(filesRefusedBy('eslint(complexity)', 'too-branching.ts')).toEqual(rooms)
    expect(filesRefusedBy('eslint(max-lines-per-function)', 'long-function.ts')).toEqual([])
    expect(filesRefusedBy('eslint(max-lines-per-function)', 'too-long-function.ts')).toEqual(rooms)
  })

  test('no file is longer than 300 lines', () => {
    expect(filesRefusedBy('eslint(max-lines)', 'long.ts')).toEqual([])
    expect(filesRefusedBy('eslint(max-lines)', 'too-long.ts')).toEqual(rooms)
  })
})

/** What the linter can't tell apart or can't see is looked for in the text. */
describe('the sources themselves', () => {
  const sources = readdirSync(join(house, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const filesWith = (pattern: RegExp): string[] =>
    sources.filter((file) => pattern.test(readFileSync(join(house, 'src', file), 'utf8')))

  const currentDate = /\bnew Date\b(?!\s*\(\s*[^\s)])/

  test('a date without a time of its own is told from one with', () => {
    expect(['new Date()', 'new Date( )', 'new Date', 'new Date(\n)'].filter((text) => !currentDate.test(text))).toEqual([])
    expect(['new Date(at)', 'new Date(\n  at,\n)', 'new Dates()'].filter((text) => currentDate.test(text))).toEqual([])
  })

  test('what is loaded when it is called counts as imported', () => {
    const loop = new Map([
      ['a.ts', "import type { B } from './b.ts'"],
      ['b.ts', "export const load = async () => (await import('./folder/c.ts')).c"],
      ['folder/c.ts', "export { a } from '../a.ts'"],
      ['d.ts', "import { a } from './a.ts'"],
    ])
    expect(importCircles(loop)).toEqual([['a.ts', 'b.ts', 'folder/c.ts']])
  })

  test('no circle of imports is left, whatever kind its links are of', () => {
    expect(importCircles(new Map(sources.map((file) => [file, readFileSync(join(house, 'src', file), 'utf8')])))).toEqual([])
  })

  test('no file goes around the rules about process', () => {
    expect(filesWith(/from '(?:node:)?process'|globalThis\.process|process\[/)).toEqual([])
  })

  test('no file asks for the date of today', () => {
    expect(filesWith(currentDate)).toEqual([])
  })

  const toldByClass = /\binstanceof\s+HoldfastError\b|\bSymbol\.hasInstance\b/

  test('an error that is told by its class is found in the text', () => {
    expect(['error instanceof HoldfastError', 'static [Symbol.hasInstance]'].filter((text) => !toldByClass.test(text))).toEqual(
      [],
    )
    expect(['isHoldfastError(error)', 'error instanceof HoldfastErrors'].filter((text) => toldByClass.test(text))).toEqual([])
  })

  test('errors are told by their brand, because a class may be in several bundles', () => {
    expect(filesWith(toldByClass).filter((file) => file !== 'domain/errors.test.ts')).toEqual([])
  })

  const loadedLater = /\bimport\s*\(/

  test('what is loaded when it is called is found in the text', () => {
    const planted = ["await import('./a.ts')", '() => import(name)', "import ('./a.ts').then(run)"]
    expect(planted.filter((text) => !loadedLater.test(text))).toEqual([])
    expect(["import { a } from './a.ts'", 'reimport(a)'].filter((text) => loadedLater.test(text))).toEqual([])
  })

  test('only the composition and the engines decide what is loaded later', () => {
    const others = filesWith(loadedLater).filter((file) => !/^(?:cli|engines)\/|\.test\.ts$/.test(file))
    expect(others).toEqual([])
  })

  test('no comment lifts a rule of the house, but the clock’s own', () => {
    const houseRules = 'no-restricted|no-console|no-process-exit|no-default-export|max-lines|complexity|no-cycle'
    const lifted = new RegExp(`(?:oxlint|eslint)-disable(?:-next-line|-line)?(?:.*(?:${houseRules})|\\s*(?:--|\\*/|$))`, 'm')
    expect(filesWith(lifted)).toEqual(['domain/clock.ts'])
  })
})
