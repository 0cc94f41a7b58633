import { defined } from '../domain/defined.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { FetchedKit } from '../app/kit/fetch-kit.ts'
import { kitFiles } from '../app/kit/kit-manifest.ts'
import { obtainKit } from '../app/recover/obtain-kit.ts'
import { recoveryFileOf } from '../app/recover/recover.ts'
import { openRecovery } from '../app/recover/recovery-record.ts'
import type { Recovery } from '../app/recover/step.ts'
import type { AppContext } from '../app/site/context.ts'
import { loadSite, readConfiguration } from '../config/load.ts'
import { placeConfiguration, placeSecrets } from '../config/place.ts'
import { isSameStorage, withStorage, type StorageSettings } from '../config/relocate.ts'
import type { Secrets } from '../config/secrets.ts'
import { HoldfastError, isHoldfastError } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { composeContext, contextOf, secretsOf } from './compose.ts'
import { thisMachine } from './machine.ts'
import { configurationFile, type GlobalOptions } from './options.ts'
import type { Console } from './output/console.ts'

/** Where the backups of a lost site are, and as of when it is to be. */
export interface RecoverOptions extends GlobalOptions {
  readonly site?: string
  readonly directory?: string
  readonly bucket?: string
  readonly region?: string
  readonly endpoint?: string
  readonly caFile?: string
  readonly prefix?: string
  readonly at?: string
  readonly overwrite?: string[]
}

/** What a recovery begins with, out of the kit and what lies on this machine already. */
/** The site that is to be recovered, from memory: its configuration may not lie in its place yet. */
export const contextBefore = ({ site }: Recovery, secrets: Secrets, console: Console): Promise<AppContext> =>
  contextOf(site, secrets, console)

export async function composeRecovery(
  bare: AppContext,
  secrets: Secrets,
  options: RecoverOptions,
  console: Console,
): Promise<Recovery> {
  const progress = openRecovery(recoveryFileOf(bare.stateDirectory), bare.clock)
  const kit = await obtainKit(bare, progress)
  const text = kit === undefined ? readConfiguration(bare.site.file) : await adaptedText(bare.site, kit, options)
  const site = await loadSite(bare.site.file, thisMachine(), text)
  if (site.name !== bare.site.name) throw otherSite(site, bare.site.name)
  const authority = kit && join(kit.folder, kitFiles.authority)
  return {
    ...{ bare, site, kit, progress, at: options.at, overwrite: options.overwrite ?? [] },
    placeConfiguration: (keepsOther) => placeConfiguration({ site, text, authority, keepsOther }),
    placeSecrets: () => placeSecrets(site, secrets),
    compose: () => composeContext({ ...options, config: site.file }, console),
  }
}

/** The site as flags tell of it, or as a configuration that lies in its place already does. */
export async function seedSite(options: RecoverOptions): Promise<Site> {
  const file = configurationFile(options)
  const storage = storageSettings(options)
  if (storage === undefined) {
    if (existsSync(file)) return { ...(await loadSite(file, thisMachine())), components: [] }
    throw new HoldfastError('usage', 'it is not said where the backups lie', {
      hint: 'holdfast recover --site NAME --directory /mnt/backup, or --site NAME --bucket NAME --region REGION',
    })
  }
  if (options.site === undefined) {
    throw new HoldfastError('usage', 'it is not said which site this machine is to be', { hint: 'name it: --site pi-hosting' })
  }
  // The same rules as in holdfast.yaml, with the same words.
  const seed = { site: options.site, storage, components: { seed: { files: { paths: ['/nothing'] } } } }
  return { ...(await loadSite(file, thisMachine(), stringify(seed))), components: [] }
}

function storageSettings(options: RecoverOptions): StorageSettings | undefined {
  const { directory, bucket, region, endpoint, caFile, prefix } = options
  if (directory !== undefined && bucket !== undefined) {
    throw new HoldfastError('usage', '--directory and --bucket exclude each other', {
      hint: 'give the one that holds the backups',
    })
  }
  if (directory !== undefined) return { directory: resolve(directory) }
  if (bucket === undefined) return undefined
  return {
    s3: {
      bucket,
      ...defined({ region, endpoint }),
      ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
      ...defined({ prefix }),
    },
  }
}

const asked = [
  ['RESTIC_PASSWORD', 'passphrase of the repositories (not shown): '],
  ['AWS_ACCESS_KEY_ID', 'access key id of the bucket (not shown): '],
  ['AWS_SECRET_ACCESS_KEY', 'secret access key of the bucket (not shown): '],
] as const

/** From the secrets folder, the environment, or the person at the terminal; never from arguments. */
export async function askSecrets(site: Site, console: Console): Promise<Secrets> {
  const environment = { ...process.env }
  const needed = asked.filter(([name]) => name === 'RESTIC_PASSWORD' || site.storage.kind === 's3')
  for (;;) {
    try {
      return await secretsOf(site, environment)
    } catch (error) {
      const missing = needed.find(([name]) => !environment[name])
      if (!isHoldfastError(error) || error.code !== 'secret' || missing === undefined) throw error
      const given = await console.askSecret(missing[1])
      if (given === '') {
        throw new HoldfastError('secret', error.message, {
          hint: `put restic.key${site.storage.kind === 's3' ? ' and aws.env' : ''} into ${site.secretsDirectory} (mode 0600), or set ${needed.map(([name]) => name).join(', ')}`,
          cause: error,
        })
      }
      environment[missing[0]] = given
    }
  }
}

/** The configuration of the kit, with the storage where it lies now. */
async function adaptedText(seed: Site, kit: FetchedKit, options: RecoverOptions): Promise<string> {
  const text = readFileSync(join(kit.folder, kitFiles.configuration), 'utf8')
  const settings = storageSettings(options)
  if (settings === undefined) return readConfiguration(seed.file)
  const kept = await loadSite(seed.file, thisMachine(), text)
  return isSameStorage(kept.storage, seed.storage) ? text : withStorage(text, settings)
}

const otherSite = (site: Site, wanted: string): HoldfastError =>
  new HoldfastError('configuration', `${site.file} is the configuration of the site ${site.name}, not of ${wanted}`, {
    hint: 'move it away, or choose another place: --config FILE',
  })
