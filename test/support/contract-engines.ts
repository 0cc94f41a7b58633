import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { duration } from '../../src/domain/duration.ts'
import type { RepositoryLocation } from '../../src/domain/repository.ts'
import type { RestorePoint, RestorePointKind } from '../../src/domain/restore-point.ts'
import type { FilesComponent, PostgresComponent } from '../../src/domain/site.ts'
import type { DatabaseEngine } from '../../src/engines/database-port.ts'
import type { FileEngine } from '../../src/engines/file-port.ts'
import { createPgbackrestEngine } from '../../src/engines/pgbackrest/engine.ts'
import type { BackUpResult, Engine, EngineContext, RestoreInto } from '../../src/engines/port.ts'
import { createResticEngine } from '../../src/engines/restic/engine.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { clusterOwner } from '../../src/sources/postgres/data-directory.ts'
import { passphrase, type TestSite } from './test-site.ts'

/** An engine as the contract of both sees it: what differs by kind is asked in the same words. */
export interface Subject {
  readonly engine: Engine
  /** The kind of the first point, and of those that follow. */
  readonly kinds: { readonly first: RestorePointKind; readonly next: RestorePointKind }
  backUp(turn: 'first' | 'next', context: EngineContext, pin?: string): Promise<BackUpResult>
  backUpCommands(context: EngineContext): ReturnType<Engine['backUpCommands']>
  /** Makes the folder, unless something is left in it, and restores all of a point. */
  restore(point: RestorePoint, target: string, context: EngineContext, holds?: RestoreInto['holds']): Promise<void>
  /** A file that every whole restore holds, below its target. */
  readonly proof: string
  /** What `setup apply` does before it creates a repository. */
  prepare(): void
}

export interface FileSubject extends Subject {
  readonly engine: FileEngine
}

export interface DatabaseSubject extends Subject {
  readonly engine: DatabaseEngine
}

export interface SubjectOptions {
  readonly site: TestSite
  readonly location: RepositoryLocation
  readonly program: string
  /** The passphrase; the right one when left out. */
  readonly key?: string
  readonly s3Keys: { readonly id: string; readonly secret: string }
  /** Tells repositories of one site apart. */
  readonly folder: string
}

const placeWith = ({ key = passphrase, s3Keys }: SubjectOptions) => {
  const values: Readonly<Record<string, string>> = {
    RESTIC_PASSWORD: key,
    AWS_ACCESS_KEY_ID: s3Keys.id,
    AWS_SECRET_ACCESS_KEY: s3Keys.secret,
  }
  return createLocalPlace({ secretValue: (variable) => values[variable], secrets: [key, s3Keys.secret] })
}

const common = ({ location }: SubjectOptions) => ({
  ...{ name: 'component', location, retention: 'forever' as const, deadline: duration(5, 'm') },
})

export function createFileSubject(options: SubjectOptions): FileSubject {
  const { site, location, program } = options
  const source = { kind: 'files' as const, paths: [site.documents], exclude: ['*.tmp'], oneFileSystem: false }
  const component: FilesComponent = { ...common(options), source }
  const engine = createResticEngine({
    ...{ program, location, passphraseFile: undefined, component, patience: duration(5, 's') },
    cacheDirectory: join(site.root, 'cache'),
    site: site.name,
    place: placeWith(options),
  })
  return {
    engine,
    kinds: { first: 'snapshot', next: 'snapshot' },
    backUp: (_turn, context, pin) => engine.backUp({ pin }, context),
    backUpCommands: (context) => engine.backUpCommands({}, context),
    async restore(point, target, context, holds) {
      mkdirSync(target, { recursive: true, mode: 0o700 })
      await engine.restore({ point, paths: [], target, holds }, context)
    },
    proof: join(site.documents, 'letter.txt'),
    prepare: () => undefined,
  }
}

export function createDatabaseSubject(options: SubjectOptions): DatabaseSubject {
  const { site, location, program, folder, key = passphrase, s3Keys } = options
  const { dataDirectory } = site.cluster
  const { uid, gid, user } = clusterOwner(dataDirectory)
  const component: PostgresComponent = {
    ...common(options),
    source: {
      ...{ kind: 'postgres', dataDirectory, port: undefined, socketDirectory: undefined, user: 'postgres', database: 'postgres' },
      ...{ full: 'monthly', between: 'differential', heartbeat: true, processes: 2 },
    },
  }
  const engine = createPgbackrestEngine({
    ...{ program, component, place: placeWith(options), stanza: 'component', patience: duration(5, 's'), user },
    configuration: join(site.root, 'site', `${folder}.conf`),
    workDirectory: join(site.root, 'work', folder),
    secrets: { passphrase: key, s3Keys: location.kind === 's3' ? { ...s3Keys, token: undefined } : undefined },
  })
  const give = (path: string, mode = 0o755) => {
    mkdirSync(path, { recursive: true, mode })
    chownSync(path, uid, gid)
  }
  return {
    engine,
    kinds: { first: 'full', next: 'differential' },
    backUp: (turn, context, pin) => engine.backUp({ kind: turn === 'first' ? 'full' : 'differential', pin }, context),
    backUpCommands: (context) => engine.backUpCommands({ kind: 'full' }, context),
    async restore(point, target, context, holds) {
      give(target, 0o700)
      await engine.restore({ point, at: 'point', target, holds }, context)
    },
    proof: 'PG_VERSION',
    prepare() {
      give(join(site.root, 'work', folder))
      if (location.kind === 'directory') give(location.path)
      const { configuration } = engine
      writeFileSync(configuration.file, configuration.text({ port: 5432, socketDirectory: join(site.root, 'postgres') }))
    },
  }
}
