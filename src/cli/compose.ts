import { defined } from '../domain/defined.ts'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import { redactAll } from '../domain/redact-all.ts'
import type { Site } from '../domain/site.ts'
import { createSiteLease } from '../app/site/lease.ts'
import { kitComponent } from '../app/kit/kit-component.ts'
import type { AppContext, SiteView } from '../app/site/context.ts'
import { loadSite, readConfiguration } from '../config/load.ts'
import { loadSecrets, type Secrets } from '../config/secrets.ts'
import { InstalledEngines } from '../engines/installed.ts'
import { redactedJournal } from '../state/journal/redacted-journal.ts'
import { createLocalPlace } from '../places/local.ts'
import { createRedactor } from '../places/redaction.ts'
import { engineAt, enginesFor, storageFor } from './engines.ts'
import { addressesOf, composeNotifier, secretsOfAddresses } from './notices.ts'
import { thisMachine } from './machine.ts'
import { configurationFile, type GlobalOptions } from './options.ts'
import type { Console } from './output/console.ts'
import { lazyCode } from './lazy-code.ts'
import { placeInOf, placesOf } from './places.ts'
import { stopSignal } from './stop-signal.ts'
import { version } from './version.ts'
import { cacheOf, rememberedSites, rememberedView, stateOf, viewOf } from './view.ts'

/** The configuration, read and checked in full. */
export async function composeSite(options: GlobalOptions): Promise<Site> {
  const file = configurationFile(options)
  const text = readConfiguration(file)
  const site = await loadSite(file, thisMachine(), text)
  rememberedSites().remember(text, site)
  return site
}

/** What is looked at without secrets and engines, from memory where that is possible. */
export async function composeView(options: GlobalOptions): Promise<SiteView> {
  return rememberedView(options) ?? viewOf(await composeSite(options))
}

/** The one place where adapters are built and put into the hands of the use cases. */
export async function composeContext(options: GlobalOptions, console: Pick<Console, 'hide'>): Promise<AppContext> {
  const site = await composeSite(options)
  return contextOf(site, await secretsOf(site), console)
}

export const secretsOf = (site: Site, environment?: NodeJS.ProcessEnv): Promise<Secrets> =>
  loadSecrets({
    directory: site.secretsDirectory,
    needsS3: site.storage.kind === 's3',
    place: createLocalPlace(),
    ...defined({ environment }),
  })

export async function contextOf(site: Site, secrets: Secrets, console: Pick<Console, 'hide'>): Promise<AppContext> {
  const stateDirectory = stateOf(site)
  const cacheDirectory = cacheOf(site)
  makeFolder(stateDirectory)
  const addressed = site.notify.length === 0 ? [] : await addressesOf(site)
  const hidden = [...secrets.all, ...secretsOfAddresses(addressed)]
  console.hide(hidden)
  const place = createLocalPlace({ secretValue: (name) => secrets.value(name), secrets: hidden })
  const s3Keys =
    site.storage.kind === 's3'
      ? {
          id: secrets.value('AWS_ACCESS_KEY_ID') ?? '',
          secret: secrets.value('AWS_SECRET_ACCESS_KEY') ?? '',
          token: secrets.value('AWS_SESSION_TOKEN'),
        }
      : undefined
  const installed = new InstalledEngines(place, cacheDirectory)
  const placeOf = placesOf(site, place)
  const shared = { site, place, placeOf, installed, stateDirectory, cacheDirectory, secrets, s3Keys }
  const kit = kitComponent(site, stateDirectory)
  const engineOf = await enginesFor([...site.components, kit], shared)
  const machine = thisMachine()
  const storage = await storageFor(site, s3Keys, machine)
  const seen = viewOf(site)
  const redact = createRedactor(hidden)
  const view = { ...seen, journal: redactedJournal(seen.journal, (value) => redactAll(value, redact)) }
  const signal = stopSignal()
  return {
    ...view,
    machine,
    version,
    notifier: composeNotifier(view, { secrets: secrets.all, addressed }),
    place,
    placeOf,
    serverOf: async (component, paths) => {
      const { locate } = await import('../sources/postgres/locate.ts')
      return locate({ here: place, place: placeOf(component), source: component.source, signal, ...(paths && { paths }) })
    },
    placeIn: placeInOf(site, place),
    signal,
    storage,
    lease: createSiteLease({ site: site.name, storage, stateDirectory, clock: view.clock, machine: view.machine, signal }),
    kit,
    engineAt: (component, where) => engineAt(component, where, shared),
    engineOf,
    secretFileOf: (name) => secrets.fileOf(name),
    stateDirectory,
    cacheDirectory,
    lazy: lazyCode,
  }
}

/** The state is needed. The cache is not: whoever has something to keep there makes its folder, and does without if need be. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new HoldfastError('unexpected', `cannot make ${folder}: ${systemErrorText(error)}`, {
      hint: `run holdfast as root, or point HOLDFAST_STATE_DIR to a folder below ${dirname(folder)} that you own`,
      cause: error,
    })
  }
}
