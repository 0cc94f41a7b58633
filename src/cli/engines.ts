import { dirname, join } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'
import {
  isDatabase,
  isInContainer,
  type Component,
  type FilesComponent,
  type PostgresComponent,
  type Site,
} from '../domain/site.ts'
import type { AppContext, EngineOf, EngineWhere } from '../app/site/context.ts'
import type { Secrets } from '../config/secrets.ts'
import { InstalledEngines } from '../engines/installed.ts'
import type { DatabaseEngine } from '../engines/database-port.ts'
import type { FileEngine } from '../engines/file-port.ts'
import type { Engine } from '../engines/port.ts'
import { createResticEngine } from '../engines/restic/engine.ts'
import type { Machine } from '../machine/port.ts'
import type { Place } from '../places/place.ts'
import { createDirectoryStorage } from '../storage/directory.ts'
import type { SiteStorage } from '../storage/port.ts'
import type { S3Keys } from '../storage/s3/bucket.ts'

interface Shared {
  readonly site: Site
  readonly place: Place
  readonly placeOf: AppContext['placeOf']
  readonly installed: InstalledEngines
  readonly stateDirectory: string
  readonly cacheDirectory: string
  readonly secrets: Secrets
  readonly s3Keys: S3Keys | undefined
}

/** The engines of components, bound to their repositories. What only databases need is loaded only for them. */
export async function enginesFor(components: readonly Component[], shared: Shared): Promise<EngineOf> {
  const files = new Map<string, FileEngine>()
  const databases = new Map<string, DatabaseEngine>()
  for (const component of components) {
    if (isDatabase(component)) databases.set(component.name, await pgbackrestFor(component, shared))
    else files.set(component.name, resticFor(component, shared))
  }
  function engineOf(component: FilesComponent): FileEngine
  function engineOf(component: PostgresComponent): DatabaseEngine
  function engineOf(component: Component): Engine
  function engineOf(component: Component): Engine {
    const engine = isDatabase(component) ? databases.get(component.name) : files.get(component.name)
    if (engine !== undefined) return engine
    throw new HoldfastError('unexpected', `component ${component.name} has no engine`)
  }
  return engineOf
}

function resticFor(component: FilesComponent, shared: Shared): FileEngine {
  const { site, place, installed, secrets } = shared
  return createResticEngine({
    program: site.engines.restic,
    location: component.location,
    passphraseFile: secrets.fileOf('RESTIC_PASSWORD'),
    cacheDirectory: join(shared.cacheDirectory, 'restic'),
    site: site.name,
    component,
    patience: site.patience,
    place,
    installed,
  })
}

async function pgbackrestFor(component: PostgresComponent, shared: Shared): Promise<DatabaseEngine> {
  if (isInContainer(component)) {
    return engineAt(component, { place: shared.placeOf(component), user: undefined, isContainer: true }, shared)
  }
  const { clusterOwner } = await import('../sources/postgres/data-directory.ts')
  const { user } = clusterOwner(component.source.dataDirectory)
  return engineAt(component, { place: shared.place, user, isContainer: false }, shared)
}

/** The engine of a database wherever it shall run. */
export async function engineAt(component: PostgresComponent, where: EngineWhere, shared: Shared): Promise<DatabaseEngine> {
  const { createPgbackrestEngine } = await import('../engines/pgbackrest/engine.ts')
  const { site, installed, secrets, s3Keys } = shared
  const { place, user } = where
  const folder = join(dirname(site.file), 'pgbackrest')
  const usual = {
    ...{ stanza: component.name, component, patience: site.patience, place, user },
    secrets: { passphrase: secrets.value('RESTIC_PASSWORD') ?? '', s3Keys },
  }
  if (where.isContainer) {
    return createPgbackrestEngine({
      ...usual,
      program: 'pgbackrest',
      // Where pgBackRest looks by itself, so that it does as much for a person in the container.
      configuration: '/etc/pgbackrest/pgbackrest.conf',
      configurationHere: join(folder, component.name, 'pgbackrest.conf'),
      installed: new InstalledEngines(place),
      workDirectory: undefined,
    })
  }
  return createPgbackrestEngine({
    ...usual,
    program: site.engines.pgbackrest,
    configuration: join(folder, `${component.name}.conf`),
    installed,
    workDirectory: join(shared.stateDirectory, 'pgbackrest', component.name),
  })
}

export async function storageFor(
  { storage, name }: Pick<Site, 'storage' | 'name'>,
  keys: S3Keys | undefined,
  machine: Machine,
): Promise<SiteStorage> {
  if (storage.kind === 'directory') return createDirectoryStorage(storage.path, name, machine)
  const { createS3Storage } = await import('../storage/s3/bucket.ts')
  return createS3Storage(storage, name, keys as S3Keys)
}
