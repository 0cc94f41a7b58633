import { resolve } from 'node:path'
import type { Draft, DraftComponent, DraftStorage } from '../config/draft.ts'
import { HoldfastError } from '../domain/errors.ts'
import { linuxKernel } from '../machine/kernel.ts'
import { inNames, offersOf } from './init-offers.ts'
import type { GlobalOptions } from './options.ts'
import type { Console } from './output/console.ts'

export interface InitOptions extends GlobalOptions {
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

/** A configuration out of flags, of answers on a terminal, and of what is found on this machine. */
export async function draftOf(options: InitOptions, console: Console): Promise<Draft> {
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
  return draft
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

async function chooseComponents(options: InitOptions, console: Console, asks: boolean): Promise<DraftComponent[]> {
  const named = [
    ...(options.postgres ?? []).map(databaseOf),
    ...(options.postgresContainer ?? []).map(containerOf),
    ...filesOf(options.files ?? []),
  ]
  if (named.length > 0) return named
  const { offers, notes } = await offersOf()
  if (console.isTalking) console.fail(() => notes)
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
