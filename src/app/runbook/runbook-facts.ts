import { readFileSync } from 'node:fs'
import type { Instant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import type { Instruction } from '../../domain/instruction.ts'
import {
  isDatabase,
  type Component,
  type DatabaseContainer,
  type FilesComponent,
  type PostgresComponent,
} from '../../domain/site.ts'
import { majorVersionOf } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import type { ManualRestore } from '../../domain/manual-restore.ts'
import type { EngineContext } from '../../engines/port.ts'
import { recordsUntil } from '../../state/journal/journal.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import { measuredRestore, type MeasuredRestore } from '../../state/journal/measured-restore.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { countByHand, putBackByHand as putFilesBackByHand } from '../../sources/files-by-hand.ts'
import type { RestoredByHand } from '../../sources/postgres/manual/restore.ts'
import type { Place } from '../../places/place.ts'
import type { AppContext } from '../site/context.ts'
import type { PostgresCode } from '../site/lazy-code.ts'

/** Where everything is restored by hand: short, free of characters that a shell minds, and nobody's yet. */
export const restoreFolder = '/srv/restore'

/** All that the page says of one component. */
export interface RunbookComponent {
  readonly component: Component
  readonly engine: { readonly name: string; readonly version: string | undefined }
  readonly byHand: ManualRestore
  /** The engine's instructions, and those of the source that prove what came back. */
  readonly restoring: readonly Instruction[]
  /** Those that make it live again. */
  readonly puttingBack: readonly Instruction[]
  readonly cluster: { readonly user: string; readonly majorVersion: string | undefined } | undefined
  readonly sighting: PointSighting | undefined
  readonly lastStep: StepResult | undefined
  /** Its last drill; before the first one, its last restore. */
  readonly restored: MeasuredRestore | undefined
}

export interface RunbookFacts {
  readonly context: Pick<AppContext, 'site' | 'version' | 'secretFileOf'>
  /** holdfast.yaml, which holds no secrets. */
  readonly configuration: string
  /** The certificate of the storage's own authority, which holds no secret either; where it can't be read, none. */
  readonly authority: { readonly file: string; readonly text: string | undefined } | undefined
  readonly components: readonly RunbookComponent[]
  /** When the newest run ended that the page knows of. */
  readonly asOf: Instant | undefined
}

/** A restore that is older than this tells little of today's. */
const lookBackMs = 400 * 86_400_000

/** What the configuration, the journal and the engines' last answers tell; nobody is asked now. */
export async function runbookFacts(context: AppContext): Promise<RunbookFacts> {
  const { site } = context
  const history = readHistory(context)
  const caFile = site.storage.kind === 's3' ? site.storage.caFile : undefined
  const components: RunbookComponent[] = []
  for (const component of site.components) components.push(await factsOf(context, component, history))
  return {
    context,
    configuration: readFileSync(site.file, 'utf8'),
    authority: caFile === undefined ? undefined : { file: caFile, text: readIfThere(caFile) },
    components,
    asOf: history.endedAt,
  }
}

interface History {
  endedAt: Instant | undefined
  readonly steps: Map<string, StepResult>
  readonly restored: Map<string, MeasuredRestore>
  readonly drilled: Map<string, MeasuredRestore>
}

/** The newest run, of each component the newest step that made a point, its newest restore and its newest drill. */
function readHistory({ journal, clock, site }: AppContext): History {
  const history: History = { endedAt: undefined, steps: new Map(), restored: new Map(), drilled: new Map() }
  const now = clock.now()
  for (const record of recordsUntil(journal, now)) {
    if (now - record.at > lookBackMs) break
    if (record.type === 'run-ended') history.endedAt ??= record.at
    if (record.type === 'step-ended' && record.result.point !== undefined) addNewest(history.steps, record.result, record.result)
    const measured = measuredRestore(record)
    if (measured !== undefined) addNewest(measured.isDrill ? history.drilled : history.restored, measured, measured)
    if (site.components.every(({ name }) => history.steps.has(name) && history.drilled.has(name))) break
  }
  return history
}

function addNewest<Item>(found: Map<string, Item>, { component }: { component: string }, item: Item): void {
  if (!found.has(component)) found.set(component, item)
}

async function factsOf(context: AppContext, component: Component, history: History): Promise<RunbookComponent> {
  const { site, pointCache, clock, signal } = context
  const engine = context.engineOf(component)
  const work: EngineContext = { signal, clock, report: () => undefined }
  const sighting = pointCache.read(component.name)
  const cluster = isDatabase(component) ? await clusterOf(context, component, sighting) : undefined
  const hasAuthority = site.storage.kind === 's3' && site.storage.caFile !== undefined
  const byHand = await engine.manualRestore({
    folder: restoreFolder,
    caFile: hasAuthority ? `${restoreFolder}/storage-ca.pem` : undefined,
    user: cluster?.user ?? 'root',
    newest: newestOf(sighting),
  })
  const facts = {
    component,
    engine: { name: engine.name, version: await engine.version(work).catch(() => undefined) },
    byHand,
    cluster,
    sighting,
    lastStep: history.steps.get(component.name),
    restored: history.drilled.get(component.name) ?? history.restored.get(component.name),
  }
  const copy = `${restoreFolder}/${component.name}`
  if (!isDatabase(component)) return { ...facts, ...filesInstructions(component, copy, facts) }
  return { ...facts, ...(await databaseInstructions(context, component, copy, facts)) }
}

/** The point to begin with: for a database the last of the newest window, along whose timeline recovery goes. */
function newestOf(
  sighting: PointSighting | undefined,
): { point: PointSighting['points'][number]; timeline: number | undefined } | undefined {
  const window = sighting?.windows?.at(-1)
  const good = sighting?.points.filter(({ hasErrors, id }) => !hasErrors && (window?.points.includes(id) ?? true))
  const point = good?.at(-1) ?? sighting?.points.at(-1)
  return point && { point, timeline: window?.timeline }
}

async function clusterOf(
  { lazy }: AppContext,
  { source }: PostgresComponent,
  sighting: PointSighting | undefined,
): Promise<RunbookComponent['cluster']> {
  if (source.container !== undefined) {
    const archive = sighting?.points.at(-1)?.archive
    return { user: 'postgres', majorVersion: archive === undefined ? undefined : majorVersionOf(archive) }
  }
  const { clusterUser, knownMajorVersionOf } = await lazy.postgres()
  return { user: clusterUser(source.dataDirectory), majorVersion: knownMajorVersionOf(source.dataDirectory) }
}

type Instructions = Pick<RunbookComponent, 'restoring' | 'puttingBack'>
type Known = Pick<RunbookComponent, 'byHand' | 'cluster' | 'sighting' | 'lastStep'>

function filesInstructions({ source }: FilesComponent, copy: string, { byHand, lastStep }: Known): Instructions {
  const known =
    lastStep?.processedFiles === undefined
      ? undefined
      : `the last backup that is known here read ${lastStep.processedFiles} files of ${formatSize(lastStep.processedBytes ?? 0)}`
  return { restoring: [...byHand.instructions, countByHand(copy, known)], puttingBack: putFilesBackByHand(copy, source.paths) }
}

async function databaseInstructions(
  { site: { timeZone }, place, lazy }: AppContext,
  { name, source }: PostgresComponent,
  copy: string,
  { byHand, cluster, sighting }: Known,
): Promise<Instructions> {
  const postgres = await lazy.postgres()
  const last = sighting?.windows?.at(-1)?.to
  const restored = {
    component: name,
    copy,
    dataDirectory: source.dataDirectory,
    user: cluster?.user ?? 'postgres',
    superuser: source.user,
    port: source.port,
    majorVersion: cluster?.majorVersion,
    lastKnown: last === undefined ? undefined : `${formatLocalStamp(last, timeZone)} (${timeZone})`,
  }
  const puttingBack =
    source.container === undefined ? postgres.putBackByHand(restored) : putBackInto(postgres, restored, source.container, place)
  return { restoring: [...byHand.instructions, ...postgres.proveByHand(restored)], puttingBack }
}

function putBackInto(
  { putBackInContainer }: PostgresCode,
  restored: RestoredByHand,
  container: DatabaseContainer,
  place: Place,
): Instruction[] {
  // Where nobody named it, and only podman is there, it is podman.
  const onlyPodman = place.find('docker') === undefined && place.find('podman') !== undefined
  const runtime = container.runtime ?? (onlyPodman ? 'podman' : 'docker')
  return putBackInContainer(restored, { ...container, runtime })
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
