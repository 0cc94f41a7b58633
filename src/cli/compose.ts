import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemClock } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import { isDatabase, type FilesComponent, type Site } from '../domain/site.ts'
import type { AppContext, SiteView } from '../app/context.ts'
import { loadSite } from '../config/load.ts'
import { openJournal } from '../journal/journal.ts'
import { openPointCache } from '../journal/point-cache.ts'
import { version } from './version.ts'

/** The options that every verb takes. */
export interface GlobalOptions {
  readonly config?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly yes?: boolean
}

export function configurationFile(options: GlobalOptions): string {
  return resolve(options.config ?? process.env['HOLDFAST_CONFIG'] ?? '/etc/holdfast/holdfast.yaml')
}

const stateRoot = (): string => resolve(process.env['HOLDFAST_STATE_DIR'] ?? '/var/lib/holdfast')
const cacheRoot = (): string => resolve(process.env['HOLDFAST_CACHE_DIR'] ?? '/var/cache/holdfast')

const stateOf = (site: Site): string => join(stateRoot(), site.name)
const cacheOf = (site: Site): string => join(cacheRoot(), site.name)

/** What needs no secret and no engine. */
export async function composeView(options: GlobalOptions): Promise<SiteView> {
  const site = await loadSite(configurationFile(options))
  return {
    site,
    clock: systemClock,
    journal: openJournal(join(stateOf(site), 'journal')),
    pointCache: openPointCache(join(cacheOf(site), 'points')),
  }
}

/** The one place where adapters are built and put into the hands of the use cases. */
export async function composeContext(options: GlobalOptions): Promise<AppContext> {
  const view = await composeView(options)
  const { site } = view
  const [{ loadSecrets }, { createLocalPlace }] = await Promise.all([
    import('../config/secrets.ts'),
    import('../places/local.ts'),
  ])
  const secrets = await loadSecrets({
    directory: site.secretsDirectory,
    needsS3: site.storage.kind === 's3',
    place: createLocalPlace(),
  })
  const stateDirectory = stateOf(site)
  const cacheDirectory = cacheOf(site)
  makeFolders([stateDirectory, cacheDirectory])
  const place = createLocalPlace({ secretValue: (name) => secrets.value(name), secrets: secrets.all })
  const s3Keys =
    site.storage.kind === 's3'
      ? {
          id: secrets.value('AWS_ACCESS_KEY_ID') ?? '',
          secret: secrets.value('AWS_SECRET_ACCESS_KEY') ?? '',
          token: secrets.value('AWS_SESSION_TOKEN'),
        }
      : undefined
  const engines = await import('./engines.ts')
  const shared = { site, place, stateDirectory, cacheDirectory, secrets, s3Keys }
  const built = new Map(
    site.components.map((component) => [
      component.name,
      isDatabase(component) ? engines.pgbackrestFor(component, shared) : engines.resticFor(component as FilesComponent, shared),
    ]),
  )
  return {
    ...view,
    version,
    place,
    signal: stopSignal(),
    storage: await engines.storageFor(site, s3Keys),
    engineOf: (component) => built.get(component.name) as NonNullable<ReturnType<typeof built.get>>,
    secretFileOf: (name) => secrets.fileOf(name),
    stateDirectory,
    cacheDirectory,
  }
}

function makeFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 })
    } catch (error) {
      throw new HoldfastError('unexpected', `cannot make ${folder}: ${(error as Error).message}`, {
        hint: `run holdfast as root, or point HOLDFAST_STATE_DIR and HOLDFAST_CACHE_DIR to folders below ${dirname(folder)} that you own`,
        cause: error,
      })
    }
  }
}

let stop: AbortController | undefined

/** Aborts on the first Ctrl-C, TERM or hang-up; a second one doesn't wait for the engines. One for the whole process. */
export function stopSignal(): AbortSignal {
  if (stop !== undefined) return stop.signal
  const controller = new AbortController()
  stop = controller
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(new HoldfastError('interrupted', `stopped by ${name}`))
    })
  }
  return controller.signal
}
