import { defined } from '../../domain/defined.ts'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { errorRecord, HoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { duration } from '../../domain/duration.ts'
import type { Change } from '../../domain/plan.ts'
import { locationText } from '../../domain/repository.ts'
import { isInContainer, isDatabase, type Component, type PostgresComponent } from '../../domain/site.ts'
import type { EngineConfiguration } from '../../engines/database-port.ts'
import { alterSystemText, archivingChanges, type SettingChange } from '../../sources/postgres/archiving.ts'
import { clusterOwner } from '../../sources/postgres/data-directory.ts'
import type { PostgresServer, ServerFacts } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import { planSuccession } from './cluster-succession.ts'
import { lookIntoContainer } from '../component/database-container.ts'
import { asksAlike, planConfiguration } from '../component/engine-configuration.ts'
import { installCommands, installPackages } from './packages.ts'
import { planContainer } from './recreate-container.ts'
import { engineContext } from '../component/engine-context.ts'

export interface SetUpPlan {
  /** What is missing for a first backup, in the order in which it has to be done. Empty when nothing is. */
  readonly changes: readonly Change[]
  /** Components that could not be looked at, each with the reason. */
  readonly failures: readonly { readonly component: string; readonly error: ErrorRecord }[]
}

/** Throws when nothing can be planned: what keeps all components from it, or the only one. */
export async function planSetUp(context: AppContext): Promise<SetUpPlan> {
  const changes = [...planEngines(context), ...planStorageFolders(context), ...(await planLease(context))]
  const failures: SetUpPlan['failures'][number][] = []
  const { components } = context.site
  for (const component of components) {
    try {
      if (isDatabase(component)) changes.push(...(await planDatabase(context, component)))
      else changes.push(...(await planRepository(context, component)))
    } catch (error) {
      if (context.signal.aborted || components.length === 1) throw error
      failures.push({ component: component.name, error: errorRecord(error) })
    }
  }
  changes.push(...(await planRepository(context, context.kit)))
  return { changes, failures }
}

/** Asks the engine of every database whether a segment of WAL really arrives. Throws `archive-failing` and the like. */
export async function proveArchiving(context: AppContext): Promise<void> {
  for (const component of context.site.components.filter(isDatabase)) {
    await context.engineOf(component).check(engineContext(context, component, () => undefined))
  }
}

function planEngines(context: AppContext): Change[] {
  // What runs in a container is the business of its image.
  const components = [...context.site.components, context.kit].filter((component) => !isInContainer(component))
  const engines = new Set(components.map((component) => context.engineOf(component).name))
  return [...engines].flatMap((engine): Change[] => {
    if (context.place.find(context.site.engines[engine]) !== undefined) return []
    return [
      {
        action: 'install',
        subject: engine,
        reason: `${context.site.engines[engine]} is not installed`,
        detail: installCommands([engine])
          .map((words) => words.join(' '))
          .join(' && '),
        apply: () => installPackages(context, [engine], 'holdfast setup apply'),
      },
    ]
  })
}

/** The storage's own folder, and the site's in it: both engines, as two users, have to get to what lies below. */
function planStorageFolders(context: AppContext): Change[] {
  const { storage, name } = context.site
  if (storage.kind !== 'directory') return []
  const folder = join(storage.path, name)
  if (existsSync(folder)) return []
  const reason = existsSync(storage.path)
    ? 'the folder of this site'
    : `the storage does not exist yet; if ${storage.path} should be a mounted disk, mount it first`
  return [
    { action: 'create', subject: folder, reason, apply: async () => void mkdirSync(folder, { recursive: true, mode: 0o755 }) },
  ]
}

/** Before anything of the site: it may be another machine's. Throws `site-taken` then. */
async function planLease(context: AppContext): Promise<Change[]> {
  const { storage } = context.site
  if (storage.kind === 'directory' && !existsSync(storage.path)) return [takeLease(context)]
  await context.storage.check(context.signal)
  if ((await context.lease.check()) === 'ours') return []
  return [takeLease(context)]
}

const takeLease = ({ lease, site }: AppContext): Change => ({
  action: 'take',
  subject: `the lease of ${site.name}`,
  reason: 'no machine backs up this site yet; from then on only this one may',
  apply: () => lease.take(),
})

/** @param unasked why the engine cannot tell yet whether there is a repository; it is asked when the change is applied */
async function planRepository(context: AppContext, component: Component, unasked?: string): Promise<Change[]> {
  const engine = context.engineOf(component)
  if (unasked === undefined && (await repositoryExists(context, component))) return []
  return [
    {
      action: 'create',
      subject: `${engine.name} repository ${locationText(component.location)}`,
      reason: unasked ?? `there is none for ${component.name}`,
      apply: async () => {
        if (!(await repositoryExists(context, component))) await engine.setUp(engineContext(context, component, () => undefined))
      },
    },
  ]
}

async function repositoryExists(context: AppContext, component: Component): Promise<boolean> {
  const engine = context.engineOf(component)
  const here = context.placeOf(component).kind === 'local'
  if (here && context.place.find(context.site.engines[engine.name]) === undefined) return false
  if (isDatabase(component) && !existsSync(context.engineOf(component).configuration.file)) return false
  if (component.location.kind === 'directory' && !existsSync(component.location.path)) return false
  return engine.exists(engineContext(context, component, () => undefined))
}

async function planDatabase(context: AppContext, component: PostgresComponent): Promise<Change[]> {
  const { source } = component
  const engine = context.engineOf(component)
  const place = context.placeOf(component)
  const configuration = engine.configuration
  const contained = isInContainer(component) ? component : undefined
  const server = contained === undefined ? await context.serverOf(component) : await lookIntoContainer(context, contained)
  const { container: inside } = server
  const facts = await server.facts()
  const address = inside === undefined ? server.address : { ...server.address, dataDirectory: inside.dataDirectory }
  if (facts.inRecovery) {
    throw new HoldfastError('postgres-in-recovery', `the server in ${source.dataDirectory} is in recovery`, {
      hint: 'set up the primary',
    })
  }
  const owner = inside === undefined ? clusterOwner(source.dataDirectory) : { ...inside, user: String(inside.uid) }
  const container = contained && inside && (await planContainer(context, contained, inside))
  const recreation = container?.recreation
  const first = container?.waits ? recreation : undefined
  // Only the new container shows whether it can be read there.
  const reader = first === undefined ? { place, signal: context.signal } : undefined
  const configurationChanges = planConfiguration(component, configuration, { server: address, owner, reader })
  // With an old file, or a folder that it can't enter, the engine may look elsewhere or not start at all.
  const isOld = configurationChanges.some(
    ({ action }) => action === 'own' || (action === 'update' && !asksAlike(configuration, address)),
  )
  const unasked =
    isOld || first !== undefined ? 'unless it is there already, which pgBackRest can tell only after these changes' : undefined
  const repository = await planRepository(context, component, unasked)
  const mayAsk = unasked === undefined && repository.length === 0
  const succession = mayAsk ? await planSuccession(context, component, server, facts) : []
  const settings = await planSettings(context, component, { server, facts, configuration, first })
  const afterIt = (changes: readonly Change[]) => changes.map((change) => ({ ...change, needs: first }))
  return [
    ...configurationChanges,
    ...(container?.preparations ?? []),
    ...afterIt(settings.early),
    ...(recreation === undefined ? [] : [recreation]),
    ...afterIt([...repository, ...succession, ...settings.late]),
  ]
}

interface LiveServer {
  readonly server: PostgresServer
  readonly facts: ServerFacts
  readonly configuration: EngineConfiguration
  /** A new container that everything else waits for. */
  readonly first: Change | undefined
}

/** What has to be set in a server for its WAL to be archived: before a new container is made, and after it. */
async function planSettings(
  context: AppContext,
  component: PostgresComponent,
  { server, facts, configuration, first }: LiveServer,
): Promise<{ readonly early: readonly Change[]; readonly late: readonly Change[] }> {
  const settings = archivingChanges(facts, configuration, context.site.objectives.rpo)
  const waiting = ['archive_mode', 'wal_level'].filter((name) => facts.pendingRestart.includes(name))
  const restartFor = [...new Set([...settings.filter(({ needsRestart }) => needsRestart).map(({ name }) => name), ...waiting])]
  // A new container is a restart: what needs one is set before, and comes with it.
  const comesWithIt = first !== undefined && first.byHand === undefined
  const isEarly = ({ needsRestart }: SettingChange) => comesWithIt && needsRestart
  const restart = restartFor.length > 0 && !comesWithIt
  return {
    early: settings.filter(isEarly).map((setting) => changeSetting(server, setting)),
    late: [
      ...settings.filter((setting) => !isEarly(setting)).map((setting) => changeSetting(server, setting)),
      ...(restart ? [await planRestart(context, component, { server, settings: restartFor })] : []),
    ],
  }
}

const changeSetting = (server: PostgresServer, setting: SettingChange): Change => ({
  action: 'set',
  subject: `${setting.name} = ${setting.value}`,
  reason: setting.reason,
  detail: `${alterSystemText(setting)}${setting.needsRestart ? '; takes effect after a restart' : ''}`,
  ...defined({ interrupts: setting.interrupts }),
  apply: async () => {
    await server.query(alterSystemText(setting))
    await server.reload()
  },
})

async function planRestart(
  context: AppContext,
  { source: { dataDirectory, container } }: PostgresComponent,
  { server, settings }: { readonly server: PostgresServer; readonly settings: readonly string[] },
): Promise<Change> {
  const { restart: command } = await server.control()
  return {
    action: 'restart',
    subject: container === undefined ? `PostgreSQL in ${dataDirectory}` : `container ${container.name}`,
    reason: `${settings.join(' and ')} take${settings.length === 1 ? 's' : ''} effect only then`,
    detail: [command.program, ...command.arguments].join(' '),
    interrupts: 'connections are closed for a few seconds',
    apply: async () => {
      const finished = await context.place.run(command, { signal: context.signal, deadlineMs: duration(10, 'm') })
      if (finished.exitCode === 0) return
      throw new HoldfastError('postgres-down', `PostgreSQL in ${dataDirectory} could not be restarted`, {
        hint: 'its log says why; holdfast setup apply goes on from here',
        detail: finished.stderr,
      })
    },
  }
}
