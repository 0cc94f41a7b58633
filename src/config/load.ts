import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { LineCounter, parseDocument, visit, type Alias, type Document, isNode } from 'yaml'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import { noticeKinds, pingSignals, type ChannelSettings } from '../domain/notice.ts'
import type { DrillWish } from '../domain/drill.ts'
import { locateRepository, ownFolders } from '../domain/repository.ts'
import {
  localPaths,
  type Budget,
  type Component,
  type FilesSource,
  type PostgresSource,
  type Site,
  type Source,
} from '../domain/site.ts'
import type { Storage } from '../domain/storage.ts'
import { explainIssues } from './explain.ts'
import { problemsError, type Problem } from './problem.ts'
import { settingsSchema, type ComponentSettings, type Settings } from './schema.ts'
import type { Machine } from '../machine/port.ts'

/**
 * Reads and checks a configuration file. Throws `configuration` with every error at once, each with its place.
 *
 * @param file absolute path of holdfast.yaml
 * @param machine follows links, so that none hides an overlap
 * @param text what it holds, for a caller who needs to know what exactly was checked
 */
export async function loadSite(
  file: string,
  machine: Pick<Machine, 'realPath'>,
  text: string = readConfiguration(file),
): Promise<Site> {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true })
  if (document.errors.length > 0)
    throw problemsError(
      file,
      text,
      document.errors.map((error) => yamlProblem(error, lineCounter)),
    )
  // A configuration is parsed once a start: compiling the schema to JavaScript first would cost more than it saves.
  const parsed = settingsSchema.safeParse(contentOf(file, text, document, lineCounter), { jitless: true })
  if (!parsed.success) {
    throw problemsError(file, text, explainIssues(parsed.error.issues, document, lineCounter))
  }
  const site = resolveSite(file, parsed.data)
  const overlaps = overlapProblems(site, document, lineCounter, await realPaths(site, machine))
  if (overlaps.length > 0) throw problemsError(file, text, overlaps)
  return site
}

/** The text of a configuration file. Throws `configuration` when there is none, or when it is no text. */
export function readConfiguration(file: string): string {
  try {
    const content = readFileSync(file)
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') {
      throw new HoldfastError('configuration', `there is no configuration at ${file}`, {
        hint: 'holdfast init writes one; --config or HOLDFAST_CONFIG points to another place',
        cause: error,
      })
    }
    const message = error instanceof TypeError ? 'it is not UTF-8 text' : systemErrorText(error)
    throw new HoldfastError('configuration', `cannot read ${file}: ${message}`, {
      hint: 'check its permissions and its encoding; holdfast usually runs as root',
      cause: error,
    })
  }
}

function yamlProblem(error: { message: string; pos: [number, number]; code: string }, lineCounter: LineCounter): Problem {
  const { line, col } = lineCounter.linePos(error.pos[0])
  const message = error.message.split('\n')[0] as string
  return {
    line: Math.max(1, line),
    column: Math.max(1, col),
    length: error.pos[1] - error.pos[0],
    message: `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    hint:
      { DUPLICATE_KEY: 'every key, and every component, may appear once', BAD_ALIAS: 'write the value itself' }[error.code] ??
      'check indentation, quotes and brackets near here',
  }
}

/** Aliases are followed only now: one that leads nowhere, or unfolds without end, is an error of the text like any other. */
function contentOf(file: string, text: string, document: Document, lineCounter: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const astray: Alias[] = []
    visit(document, {
      Alias: (_key, alias) => void (alias.resolve(document) === undefined && astray.push(alias)),
    })
    const [begin = 0, end = 1] = astray[0]?.range ?? []
    const problem = { message: error.message, pos: [begin, end] as [number, number], code: 'BAD_ALIAS' }
    throw problemsError(file, text, [yamlProblem(problem, lineCounter)])
  }
}

function resolveSite(file: string, settings: Settings): Site {
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

/** Two components in one repository, a repository inside a source, a source inside a repository, a drill for what no source holds. */
function overlapProblems(site: Site, document: Document, lineCounter: LineCounter, real: (path: string) => string): Problem[] {
  const problems: Problem[] = []
  const report = (path: readonly (string | number)[], message: string, hint: string) => {
    const node = document.getIn(path, true)
    const [begin, end] = (isNode(node) ? node.range : undefined) ?? [0, 1]
    const { line, col } = lineCounter.linePos(begin)
    problems.push({ line: Math.max(1, line), column: Math.max(1, col), length: end - begin, message, hint })
  }
  const folderOf = ({ location }: Pick<Component, 'location'>) =>
    location.kind === 'directory' ? location.path : location.prefix
  for (const [index, component] of site.components.entries()) {
    const folder = folderOf(component)
    const rival = site.components
      .slice(0, index)
      .find((other) => isInside(folder, folderOf(other)) || isInside(folderOf(other), folder))
    if (rival) {
      report(
        ['components', component.name],
        `components ${rival.name} and ${component.name} would share the repository ${folder}`,
        'give one of them a repository: of its own',
      )
    }
    const own = Object.values(ownFolders).find(
      (name) =>
        component.name === name || isInside(folder, folderOf({ location: locateRepository(site.storage, site.name, name) })),
    )
    if (own) {
      report(
        ['components', component.name],
        `${own} is Holdfast’s own folder in every site`,
        'give the component another name and no such repository:',
      )
    }
    const { source } = component
    const paths = localPaths(source)
    for (const [position, path] of (component.drill?.mustExist ?? []).entries()) {
      const written = document.getIn(['components', component.name, 'drill', 'mustExist', position])
      const isAmbiguous = paths.length > 1 && !isAbsolute(String(written))
      if (!isAmbiguous && paths.some((root) => isInside(path, root))) continue
      report(
        ['components', component.name, 'drill', 'mustExist', position],
        isAmbiguous
          ? `${String(written)} is relative, and ${component.name} has ${paths.length} paths`
          : `${path} is in none of the paths of ${component.name}`,
        `name a path below ${paths.join(' or ')}`,
      )
    }
    for (const [position, path] of paths.entries()) {
      const at =
        source.kind === 'files'
          ? ['components', component.name, 'files', 'paths', position]
          : ['components', component.name, 'postgres', 'dataDirectory']
      if (site.storage.kind !== 'directory') continue
      if (isInside(real(path), real(site.storage.path))) {
        report(
          at,
          `${path} lies inside the storage ${site.storage.path}`,
          'a repository cannot protect itself: choose another path or storage',
        )
      } else if (isInside(real(site.storage.path), real(path)) && !isExcluded(source, site.storage.path)) {
        report(
          at,
          `${path} holds the storage ${site.storage.path}`,
          `every backup would swallow the ones before: move the storage, or add ${site.storage.path} to exclude`,
        )
      }
    }
  }
  return problems
}

function isExcluded(source: Source, path: string): boolean {
  return source.kind === 'files' && source.exclude.includes(path)
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/**
 * Storage and sources with symlinks followed as far as they exist, so that a link can't hide an overlap. What does not answer is taken
 * as it is written: whoever looks at it later says so.
 */
async function realPaths({ storage, components }: Site, machine: Pick<Machine, 'realPath'>): Promise<(path: string) => string> {
  if (storage.kind !== 'directory') return (path) => path
  const paths = [storage.path, ...components.flatMap(({ source }) => localPaths(source))]
  const found = await Promise.all(paths.map(async (path) => [path, await machine.realPath(path).catch(() => path)] as const))
  const known = new Map(found)
  return (path) => known.get(path) ?? path
}
