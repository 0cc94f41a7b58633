import { dirname, isAbsolute, resolve } from 'node:path'
import type { DrillWish } from '../domain/drill.ts'
import { noticeKinds, pingSignals, type ChannelSettings } from '../domain/notice.ts'
import { locateRepository } from '../domain/repository.ts'
import type { Budget, Component, FilesSource, PostgresSource, Site, Source } from '../domain/site.ts'
import type { Storage } from '../domain/storage.ts'
import type { ComponentSettings, Settings } from './schema.ts'

/** What checked settings mean: defaults filled in, and every path absolute. */
export function resolveSite(file: string, settings: Settings): Site {
  const base = dirname(file)
  const absolute = (path: string) => (isAbsolute(path) ? resolve(path) : resolve(base, path))
  const storage = resolveStorage(settings.storage, absolute)
  return {
    name: settings.site,
    timeZone: settings.timezone,
    file,
    storage,
    secretsDirectory: absolute(settings.secrets),
    engines: {
      restic: settings.engines.restic === undefined ? 'restic' : absolute(settings.engines.restic),
      pgbackrest: settings.engines.pgbackrest === undefined ? 'pgbackrest' : absolute(settings.engines.pgbackrest),
    },
    patience: settings.patience,
    objectives: settings.objectives,
    budget: settings.budget && resolveBudget(settings.budget),
    notify: resolveChannels(settings.notify, absolute),
    schedule: settings.schedule,
    contacts: settings.contacts,
    components: Object.entries(settings.components).map(([name, component]) =>
      resolveComponent(name, component, settings, storage, absolute),
    ),
  }
}

/** An empty block stands for one channel without a name. */
function resolveChannels(notify: Settings['notify'], absolute: (path: string) => string): ChannelSettings[] {
  const fileOf = (path: string | undefined) => (path === undefined ? undefined : absolute(path))
  const all = { events: [...noticeKinds] }
  const discord = named<DiscordBlock>(notify.discord, all)
  const webhooks = named<WebhookBlock>(notify.webhook, all)
  const pings = named<PingBlock>(notify.ping, { signals: [...pingSignals] })
  return [
    ...discord.map(([name, block]) => ({ kind: 'discord' as const, name, ...block })),
    ...webhooks.map(([name, block]) => ({ kind: 'webhook' as const, name, ...block, caFile: fileOf(block.caFile) })),
    ...pings.map(([name, block]) => ({ kind: 'ping' as const, name, ...block, caFile: fileOf(block.caFile) })),
  ]
}

type Blocks = Required<Settings['notify']>
type DiscordBlock = NonNullable<Blocks['discord']>[string]
type WebhookBlock = NonNullable<Blocks['webhook']>[string]
type PingBlock = NonNullable<Blocks['ping']>[string]

function named<Block>(blocks: Readonly<Record<string, Block>> | undefined, usual: Block): [string | undefined, Block][] {
  if (blocks === undefined) return []
  const entries = Object.entries(blocks)
  return entries.length === 0 ? [[undefined, usual]] : entries
}

function resolveStorage(storage: Settings['storage'], absolute: (path: string) => string): Storage {
  if (storage.s3 === undefined) return { kind: 'directory', path: absolute(storage.directory as string) }
  const { bucket, region, endpoint, pathStyle, caFile, prefix, prices } = storage.s3
  const [host, port] = (endpoint ?? '')
    .replace(/^https:\/\//, '')
    .replace(/\/$/, '')
    .split(':')
  return {
    kind: 's3',
    bucket,
    region,
    host: host || `s3.${region}.amazonaws.com`,
    port: port === undefined ? 443 : Number(port),
    pathStyle: pathStyle ?? endpoint !== undefined,
    caFile: caFile === undefined ? undefined : absolute(caFile),
    prefix,
    prices: prices && {
      usdPerGbMonth: prices.storage,
      usdPerGbDownloaded: prices.download,
      freeGbDownloaded: prices.freeDownload,
      usdPerThousandGets: prices.requests,
    },
  }
}

const resolveBudget = ({ monthly, currency, rate, tax }: NonNullable<Settings['budget']>): Budget => ({
  monthly,
  currency,
  usdPerUnit: currency === 'USD' ? 1 : rate,
  taxPercent: tax,
})

function resolveComponent(
  name: string,
  component: ComponentSettings,
  settings: Settings,
  storage: Storage,
  absolute: (path: string) => string,
): Component {
  const { postgres, files } = component
  const source = postgres === undefined ? filesSource(files, absolute) : postgresSource(postgres, absolute)
  const common = {
    name,
    location: locateRepository(storage, settings.site, component.repository ?? name),
    retention: component.retention ?? settings.retention,
    deadline: component.deadline,
    ...(component.drill === undefined ? {} : { drill: resolveDrill(component.drill, source) }),
  }
  return source.kind === 'files' ? { ...common, source } : { ...common, source }
}

function postgresSource(
  settings: NonNullable<ComponentSettings['postgres']>,
  absolute: (path: string) => string,
): PostgresSource {
  const { port, socketDirectory, user, database, full, between, processes, heartbeat } = settings
  return {
    kind: 'postgres',
    ...whereDataIs(settings, absolute),
    ...{ port, user, database, full, between, processes, heartbeat },
    socketDirectory: socketDirectory === undefined ? undefined : absolute(socketDirectory),
  }
}

const filesSource = (settings: ComponentSettings['files'], absolute: (path: string) => string): FilesSource => ({
  kind: 'files',
  paths: (settings?.paths ?? []).map(absolute),
  exclude: settings?.exclude ?? [],
  oneFileSystem: settings?.oneFileSystem ?? false,
})

/** Answers as psql prints them; paths as they are on the source. */
function resolveDrill({ queries = [], mustExist = [] }: NonNullable<ComponentSettings['drill']>, source: Source): DrillWish {
  const own = source.kind === 'postgres' ? source.database : ''
  const base = source.kind === 'files' ? (source.paths[0] ?? '/') : '/'
  return {
    queries: queries.map(({ query, database = own, is }) => ({ query, database, is: answerText(is) })),
    mustExist: mustExist.map((path) => resolve(base, path)),
  }
}

function answerText(is: string | number | boolean): string {
  return typeof is === 'boolean' ? (is ? 't' : 'f') : String(is)
}

/** Where the official images of PostgreSQL kept their data before version 18; a container that runs says better. */
const usualContainerData = '/var/lib/postgresql/data'

function whereDataIs(
  { container, runtime, containerUser, dataDirectory }: NonNullable<ComponentSettings['postgres']>,
  absolute: (path: string) => string,
): Pick<PostgresSource, 'dataDirectory' | 'container'> {
  return {
    dataDirectory: absolute(dataDirectory ?? usualContainerData),
    container:
      container === undefined
        ? undefined
        : { name: container, runtime, user: containerUser, findsData: dataDirectory === undefined },
  }
}
