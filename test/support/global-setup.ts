import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { shellWord } from '../../src/places/command-text.ts'
import type { EnginePair } from './engines.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The bundled command line. */
    program: string
    pairs: EnginePair[]
  }
}

/** Once for all tests: the command line as it is shipped, bundled from the sources as they are now; both Debian releases' engines. */
export default function setup(project: TestProject): () => void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  const root = mkdtempSync(join(tmpdir(), 'holdfast-tests-'))
  chmodSync(root, 0o755)
  // A copy, which nobody rebuilds in the middle, and which every user can read.
  cpSync('dist', join(root, 'dist'), { recursive: true })
  const remove = () => rmSync(root, { recursive: true, force: true })
  try {
    project.provide('program', join(root, 'dist/holdfast.js'))
    project.provide('pairs', enginePairs(join(root, 'engines')))
  } catch (error) {
    remove()
    throw error
  }
  return remove
}

/** What Debian 12 and 13 ship: the system's own, and the other release's, fetched by scripts/fetch-engines.sh. */
const shipped = [
  { restic: '0.14.0', pgbackrest: '2.45' },
  { restic: '0.18.0', pgbackrest: '2.55.1' },
]

/** The newest PostgreSQL that pgBackRest 2.45 knows. */
const newestForOldEngine = 15

function enginePairs(copies: string): EnginePair[] {
  const fetched = resolve('.cache/engines')
  const others = readdirSync(fetched).filter((name) => !name.startsWith('.'))
  // The owner of a database runs them too, and may not get into this folder.
  for (const name of others) cpSync(join(fetched, name), join(copies, name), { recursive: true, verbatimSymlinks: true })
  const folders = ['/usr/bin', ...others.map((name) => join(copies, name, 'usr/bin'))]
  const programOf = (engine: 'restic' | 'pgbackrest', version: string): string => {
    const program = folders.map((folder) => join(folder, engine)).find((candidate) => versionOf(candidate) === version)
    if (program !== undefined) return program
    throw new Error(`both releases' engines must be tested, and ${engine} ${version} is missing: run npm test`)
  }
  return shipped.map((release) => {
    const versions = { ...release, pgbackrest: knowsServer(release.pgbackrest) ? release.pgbackrest : '2.55.1' }
    const restic = withCheapKeys(join(copies, 'cheap', versions.restic), programOf('restic', versions.restic))
    const pgbackrest = programOf('pgbackrest', versions.pgbackrest)
    return { restic, pgbackrest, versions, name: `restic ${versions.restic} and pgBackRest ${versions.pgbackrest}` }
  })
}

/**
 * A program that is restic itself, but that a new repository in a folder gets a key that is cheap to derive: see cheapenKey. A
 * process list shows the real one by a name that begins like this one's. Its folder can be mounted elsewhere.
 */
function withCheapKeys(folder: string, restic: string): string {
  const [program, real, cheapKey] = [join(folder, 'restic'), join(folder, 'restic-itself'), join(folder, 'cheap-key.mjs')]
  mkdirSync(folder, { recursive: true })
  copyFileSync(restic, real)
  buildSync({ entryPoints: ['test/support/cheap-key.ts'], bundle: true, platform: 'node', format: 'esm', outfile: cheapKey })
  const cheapen = [process.execPath, cheapKey].map(shellWord).join(' ')
  const text = `#!/bin/sh
itself=$(readlink -f "$0")-itself
[ "$1" = init ] || exec "$itself" "$@"
"$itself" "$@" || exit $?
[ "$4" != --password-file ] || RESTIC_PASSWORD=$(cat "$5")
export RESTIC_PASSWORD
case $3 in /*) ${cheapen} "$3" ;; esac
`
  writeFileSync(program, text, { mode: 0o755 })
  return program
}

/** Debian 13's PostgreSQL is too new for Debian 12's pgBackRest, so there that one stays untested; this says so. */
function knowsServer(version: string): boolean {
  const server = Math.max(...readdirSync('/usr/lib/postgresql').map(Number))
  if (version !== '2.45' || server <= newestForOldEngine) return true
  process.stdout.write(`pgBackRest 2.45 does not know PostgreSQL ${server} and is not tested here; it is on Debian 12\n`)
  return false
}

function versionOf(program: string): string {
  return /(\d+(?:\.\d+)+)/.exec(execFileSync(program, ['version'], { encoding: 'utf8' }))?.[1] ?? 'unknown'
}
