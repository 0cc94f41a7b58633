import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startRadosGateway } from '../../src/demo/rados-gateway.ts'
import type { EnginePair } from './engines.ts'
import type { S3Server } from './s3.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The bundled command line. */
    program: string
    pairs: EnginePair[]
    s3: S3Server
  }
}

/**
 * Once for all tests: the command line as it is shipped, bundled from the sources as they are now; both Debian releases'
 * engines; one real S3 server.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  const root = mkdtempSync(join(tmpdir(), 'holdfast-tests-'))
  chmodSync(root, 0o755)
  let server
  // A copy, which nobody rebuilds in the middle, and which every user can read.
  cpSync('dist', join(root, 'dist'), { recursive: true })
  try {
    project.provide('program', join(root, 'dist/holdfast.js'))
    project.provide('pairs', enginePairs(join(root, 'engines')))
    server = await startRadosGateway({ root: join(root, 's3') })
    await server.createBucket(sharedBucket)
  } catch (error) {
    await server?.stop()
    rmSync(root, { recursive: true, force: true })
    throw error
  }
  const { endpoint, region, caFile, accessKeyId, secretAccessKey } = server
  project.provide('s3', { endpoint, region, caFile, accessKeyId, secretAccessKey, bucket: sharedBucket })
  return async () => {
    await server.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

const sharedBucket = 'holdfast-tests'

/** What Debian 12 and 13 ship: the system's own, and the other release's, fetched by scripts/fetch-engines.sh. */
const shipped = [
  { restic: '0.14.0', pgbackrest: '2.45' },
  { restic: '0.18.0', pgbackrest: '2.55.1' },
]

function enginePairs(copies: string): EnginePair[] {
  const fetched = resolve('.cache/engines')
  const others = readdirSync(fetched).filter((name) => !name.startsWith('.'))
  // The owner of a database runs them too, and may not get into this folder.
  for (const name of others) cpSync(join(fetched, name), join(copies, name), { recursive: true, verbatimSymlinks: true })
  const folders = ['/usr/bin', ...others.map((name) => join(copies, name, 'usr/bin'))]
  const found = folders.map((folder): EnginePair => {
    const [restic, pgbackrest] = [join(folder, 'restic'), join(folder, 'pgbackrest')]
    return {
      restic,
      pgbackrest,
      versions: { restic: versionOf(restic), pgbackrest: versionOf(pgbackrest) },
      name: `restic ${versionOf(restic)} and pgBackRest ${versionOf(pgbackrest)}`,
    }
  })
  const missing = shipped.filter(
    (wanted) => !found.some(({ versions }) => versions.restic === wanted.restic && versions.pgbackrest === wanted.pgbackrest),
  )
  if (missing.length > 0) {
    throw new Error(`both engine pairs must be tested, and these are missing: ${JSON.stringify(missing)}; run npm test`)
  }
  return found.toSorted((one, other) => one.versions.restic.localeCompare(other.versions.restic))
}

function versionOf(program: string): string {
  return /(\d+(?:\.\d+)+)/.exec(execFileSync(program, ['version'], { encoding: 'utf8' }))?.[1] ?? 'unknown'
}
