import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { createConfiguration, refuseExisting, type Created } from '../../config/create.ts'
import type { Draft, DraftComponent, DraftStorage } from '../../config/draft.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { linuxKernel } from '../../machine/kernel.ts'
import { createLocalPlace } from '../../places/local.ts'
import { isNameless } from '../../sources/postgres/container/inspection.ts'
import { discoverContainers, type FoundContainer } from '../../sources/postgres/container/discovery.ts'
import { discoverClusters, type FoundCluster } from '../../sources/postgres/discovery.ts'
import { stopSignal } from '../stop-signal.ts'
import { configurationFile, type GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import type { Terminal } from '../output/terminal.ts'
import { machineOf } from '../machine.ts'

interface InitOptions extends GlobalOptions {
  readonly site?: string
  readonly timezone?: string
  readonly directory?: string
  readonly bucket?: string
  readonly region?: string
  readonly endpoint?: string
  readonly caFile?: string
  readonly files?: string[]
  readonly postgres?: string[]
  readonly postgresContainer?: string[]
  readonly discord?: boolean
}

/** Writes a configuration out of flags, of answers on a terminal, and of what is found on this machine. */
export async function init(options: InitOptions, console: Console): Promise<number> {
  const file = configurationFile(options)
  refuseExisting(file)
  const asks = console.canAsk && !options.yes
  const draft: Draft = {
    site: options.site ?? (await answer(console, asks, 'name of this site', siteName())),
    timeZone: options.timezone ?? (await answer(console, asks, 'time zone', Intl.DateTimeFormat().resolvedOptions().timeZone)),
    storage: await chooseStorage(options, console, asks),
    components: await chooseComponents(options, console, asks),
    discord: options.discord ?? (asks && (await console.confirm('tell failures on Discord?', true))),
  }
  const names = draft.components.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new HoldfastError('usage', `two components are called ${twice}`, { hint: 'give one of them another name' })
  }
  if (names.length === 0) {
    throw new HoldfastError('usage', 'nothing to protect was found or named', {
      hint: 'name it: --postgres database=DATA_DIRECTORY, --postgres-container database=CONTAINER, --files documents=/srv/documents',
    })
  }
  const created = await createConfiguration(file, draft, machineOf())
  // The passphrase stays out of a document that may end in a log; it stands in restic.key.
  const { passphrase: _shownToPeople, ...shown } = created
  console.print({ init: { ...draft, ...shown } }, (terminal) => createdLines(created, draft, terminal))
  return 0
}

const answer = async (console: Console, asks: boolean, question: string, suggestion: string): Promise<string> =>
  asks ? (await console.ask(`${question} [${suggestion}]: `)) || suggestion : suggestion

/** The machine's name in the form that a site's name must have. */
function siteName(): string {
  const name = inNames(linuxKernel.hostName())
  return name === '' ? 'this-machine' : name
}

async function chooseStorage(options: InitOptions, console: Console, asks: boolean): Promise<DraftStorage> {
  const { directory, bucket } = options
  if (directory !== undefined && bucket !== undefined) {
    throw new HoldfastError('usage', '--directory and --bucket exclude each other', { hint: 'give the one to be used' })
  }
  if (bucket !== undefined) return bucketStorage(options, bucket)
  if (directory !== undefined) return { kind: 'directory', path: resolve(directory) }
  if (!asks) {
    throw new HoldfastError('usage', 'it is not said where the repositories should lie', {
      hint: '--directory /mnt/backup for a folder, --bucket NAME --region REGION for S3',
    })
  }
  const where = await console.ask('keep the backups in a folder (its path) or in an S3 bucket (s3://NAME): ')
  const named = /^s3:\/\/([^/]+)\/?$/.exec(where)?.[1]
  if (named === undefined) return { kind: 'directory', path: resolve(where === '' ? '/mnt/backup' : where) }
  const region = options.region ?? (await answer(console, asks, 'region of the bucket', 'us-east-1'))
  const endpoint = options.endpoint ?? (await console.ask('endpoint, for a service other than AWS []: '))
  return bucketStorage({ ...options, region, ...(endpoint === '' ? {} : { endpoint }) }, named)
}

function bucketStorage({ region, endpoint, caFile }: InitOptions, bucket: string): DraftStorage {
  return { kind: 's3', bucket, region, endpoint, caFile: caFile === undefined ? undefined : resolve(caFile) }
}

/** Folders that most servers have and most people forget; offered only where they hold something. */
const usualFolders = [
  { name: 'data', path: '/srv' },
  { name: 'logs', path: '/var/log' },
  { name: 'configs', path: '/etc' },
]

/** A component that could be protected, and what a person would call it. */
interface Offer {
  readonly component: DraftComponent
  readonly what: string
}

async function chooseComponents(options: InitOptions, console: Console, asks: boolean): Promise<DraftComponent[]> {
  const named = [
    ...(options.postgres ?? []).map(databaseOf),
    ...(options.postgresContainer ?? []).map(containerOf),
    ...filesOf(options.files ?? []),
  ]
  if (named.length > 0) return named
  const { found, notes } = await discoverContainers(createLocalPlace(), stopSignal())
  if (console.isTalking) console.fail(() => notes)
  const folders = usualFolders.filter(({ path }) => existsSync(path) && readdirSync(path).length > 0)
  const offers: Offer[] = [
    ...offerDatabases(discoverClusters(), found),
    ...folders.map(({ name, path }) => ({ component: { kind: 'files' as const, name, paths: [path] }, what: path })),
  ]
  if (!asks) return offers.map(({ component }) => component)
  const chosen: DraftComponent[] = []
  for (const { component, what } of offers) {
    if (await console.confirm(`protect ${what} as ${component.name}?`, true)) chosen.push(component)
  }
  for (;;) {
    const more = await console.ask('another folder, as name=path (nothing to go on): ')
    if (more === '') return chosen
    chosen.push(...filesOf([more]))
  }
}

/** One database is `database`; of several each carries its version and place, or the name of its container. */
export function offerDatabases(clusters: readonly FoundCluster[], containers: readonly FoundContainer[]): Offer[] {
  const isOnly = clusters.length + containers.length === 1
  const used = new Set<string>()
  const unused = (name: string): string => {
    const free = used.has(name) ? `${name}-${used.size + 1}` : name
    used.add(free)
    return free
  }
  return [
    ...clusters.map(({ dataDirectory, majorVersion }, index): Offer => {
      const name = unused(isOnly ? 'database' : `database-${majorVersion}-${index + 1}`)
      return { component: { kind: 'postgres', name, dataDirectory }, what: `PostgreSQL in ${dataDirectory}` }
    }),
    ...containers.map((container): Offer => {
      const name = unused(isOnly ? 'database' : `database-${inNames(container.name)}`)
      return { component: { kind: 'postgres-container', name, container: container.name }, what: containerText(container) }
    }),
  ]
}

/** A text in the form that names of sites and components have. */
const inNames = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

function containerText({ runtime, name, image, majorVersion, mount, archives, compose }: FoundContainer): string {
  const where =
    mount === undefined
      ? 'its data in the container itself, lost with it'
      : `its data in ${isNameless(mount) ? 'a volume without a name' : mount.volume === undefined ? mount.source : `volume ${mount.volume}`}`
  const details = [
    image,
    where,
    ...(archives === undefined ? [] : [archives ? 'it archives already' : 'it does not archive yet']),
    ...(compose === undefined ? [] : [`service ${compose.service} of compose project ${compose.project}`]),
  ]
  return `PostgreSQL ${majorVersion} in ${runtime}’s container ${name} (${details.join(', ')})`
}

function databaseOf(text: string): DraftComponent {
  const [name, path] = nameAndValue(text, '--postgres database=/var/lib/postgresql/15/main')
  return { kind: 'postgres', name, dataDirectory: resolve(path) }
}

function containerOf(text: string): DraftComponent {
  const [name, container] = nameAndValue(text, '--postgres-container database=db')
  return { kind: 'postgres-container', name, container }
}

/** A name that is given twice gets both paths. */
function filesOf(texts: readonly string[]): DraftComponent[] {
  const paths = new Map<string, string[]>()
  for (const text of texts) {
    const [name, path] = nameAndValue(text, '--files logs=/var/log')
    paths.set(name, [...(paths.get(name) ?? []), resolve(path)])
  }
  return [...paths].map(([name, list]) => ({ kind: 'files', name, paths: list }))
}

function nameAndValue(text: string, example: string): [string, string] {
  const match = /^([^=]+)=(.+)$/s.exec(text)
  if (match) return [match[1] as string, match[2] as string]
  throw new HoldfastError('usage', `${JSON.stringify(text)} is not of the form name=value`, { hint: `for example ${example}` })
}

function createdLines(created: Created, draft: Draft, { paint }: Terminal): string[] {
  const lines = [...created.written.map((file) => `${paint('good', '✓')} ${file}`), '']
  if (created.passphrase !== undefined) {
    lines.push(
      'The passphrase of this site’s repositories. It is shown this once, and without it no backup can be read:',
      '',
      `    ${paint('bold', created.passphrase)}`,
      '',
      'Put it into a password manager now: restic.key on this machine dies with this machine.',
      '',
    )
  }
  if (draft.storage.kind === 's3')
    lines.push(`next: put the keys of the bucket into ${created.file.replace(/[^/]*$/, 'secrets/aws.env')}`)
  if (draft.discord === true) {
    const file = created.file.replace(/[^/]*$/, 'secrets/discord.env')
    lines.push(`next: put the address of the Discord webhook into ${file}, then: holdfast notify test`)
  }
  lines.push('next: holdfast setup plan')
  return lines
}
