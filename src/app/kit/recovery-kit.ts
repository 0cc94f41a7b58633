import { defined } from '../../domain/defined.ts'
import type { FileEngine } from '../../engines/file-port.ts'
import { cpSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { move, replaceFile } from '../../disk/replace-file.ts'
import { isoInstant, type Instant } from '../../domain/clock.ts'
import { HoldfastError, toHoldfastError } from '../../domain/errors.ts'
import type { StepResult } from '../../domain/events.ts'
import { locationText } from '../../domain/repository.ts'
import { majorVersionOf } from '../../domain/restore-point.ts'
import { engineNameOf, isDatabase, type Component, type PostgresComponent } from '../../domain/site.ts'
import type { BackUpResult, EngineContext } from '../../engines/port.ts'
import { lastStepWithPoint } from '../../state/journal/journal.ts'
import { runbookText } from '../runbook/runbook.ts'
import type { AppContext } from '../site/context.ts'
import type { PostgresCode } from '../site/lazy-code.ts'
import { journalFolderOf, kitFolderOf } from './kit-component.ts'
import { kitFiles, kitManifests, readManifest, type KitCluster, type KitEntry, type KitManifest } from './kit-manifest.ts'

/**
 * Writes a new version of the recovery kit into the storage: all that a bare machine needs to become this one, but for the
 * secrets. Throws what keeps it from being written.
 *
 * @param steps what the run that is just over did; the newest points stand in the kit
 */
export async function refreshKit(context: AppContext, steps: readonly StepResult[]): Promise<BackUpResult> {
  const work: EngineContext = { signal: context.signal, clock: context.clock, report: () => undefined }
  const { number } = await gatherKit(context, steps, work)
  const engine = context.engineOf(context.kit)
  const backUp = () => engine.backUp({}, work)
  let made: BackUpResult
  try {
    made = await backUp()
  } catch (error) {
    // What a killed run left behind.
    if (toHoldfastError(error).code !== 'locked' || (await engine.heal(work)).length === 0) throw error
    made = await backUp()
  }
  if (number % keptVersions === 0) await removeOldVersions(engine, work)
  return made
}

/** Versions that stay at least. Removing older ones costs more than a version does, so they go many at a time. */
const keptVersions = 30

async function removeOldVersions(engine: FileEngine, work: EngineContext): Promise<void> {
  const points = await engine.listPoints(work)
  const old = points.slice(0, -keptVersions).filter((point) => point.pin === undefined)
  if (old.length === 0) return
  // A killed run may have left a lock, which keeps nothing but this from going on.
  await engine.heal(work)
  await engine.remove(old, () => undefined, work)
  await engine.prune(work)
}

/** The same failure, said of the kit. */
export function kitFailure(thrown: unknown): HoldfastError {
  const { code, message, hint, detail } = toHoldfastError(thrown)
  return new HoldfastError(code, `the recovery kit was not refreshed: ${message}`, { hint, detail, cause: thrown })
}

async function gatherKit(context: AppContext, steps: readonly StepResult[], work: EngineContext): Promise<KitManifest> {
  const { site } = context
  const folder = kitFolderOf(context.stateDirectory)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  mkdirSync(journalFolderOf(context.stateDirectory), { recursive: true, mode: 0o750 })
  const before = lastManifest(folder)
  writeWhole(join(folder, kitFiles.configuration), readFileSync(site.file))
  const { storage } = site
  if (storage.kind === 's3' && storage.caFile !== undefined) {
    writeWhole(join(folder, kitFiles.authority), readFileSync(storage.caFile))
  }
  const entries: KitEntry[] = []
  for (const component of site.components) {
    const known = before?.components.find(({ name }) => name === component.name)
    const entry = entryOf(context, component, steps, known)
    if (!isDatabase(component)) {
      entries.push({ ...entry, paths: component.source.paths })
      continue
    }
    entries.push({
      ...entry,
      cluster:
        component.source.container === undefined
          ? clusterOf(
              await context.lazy.postgres(),
              component,
              known?.cluster,
              join(folder, kitFiles.clusterFolder(component.name)),
            )
          : clusterInContainer(context, component, known?.cluster),
    })
  }
  const manifest: KitManifest = {
    site: site.name,
    number: (before?.number ?? 0) + 1,
    madeAt: isoInstant(context.clock.now()),
    machine: context.machine.hostName(),
    versions: await versionsOf(context, work),
    configuration: { file: site.file, secrets: site.secretsDirectory },
    components: entries,
  }
  writeWhole(join(folder, kitFiles.manifest), kitManifests.text(manifest))
  writeWhole(join(folder, kitFiles.runbook), await runbookText(context))
  return manifest
}

function lastManifest(folder: string): KitManifest | undefined {
  try {
    return readManifest(folder)
  } catch {
    return undefined
  }
}

function entryOf(
  context: AppContext,
  component: Component,
  steps: readonly StepResult[],
  known: KitEntry | undefined,
): Omit<KitEntry, 'paths' | 'cluster'> {
  const made = steps.find((step) => step.component === component.name && step.point !== undefined)
  const newest = made ?? lastStepWithPoint(context.journal, component.name, context.clock.now())
  const point =
    newest?.point === undefined
      ? known?.newest
      : { id: newest.point.id, at: isoInstant((newest.beganAt + newest.durationMs) as Instant) }
  return {
    name: component.name,
    engine: engineNameOf(component),
    repository: locationText(component.location),
    ...defined({ newest: point }),
  }
}

/**
 * How the cluster of a database was set up. What can't be seen today stays as it was seen last: after the disaster of a run
 * that found no data directory any more, it is needed most.
 *
 * @param folder where Debian's configuration of the cluster is kept
 */
function clusterOf(
  { clusterOwner, locateHere, majorVersionOf: majorVersionIn, debianCluster }: PostgresCode,
  component: PostgresComponent,
  known: KitCluster | undefined,
  folder: string,
): KitCluster {
  const { dataDirectory } = component.source
  const seen = <Fact>(look: () => Fact): Fact | undefined => {
    try {
      return look()
    } catch {
      return undefined
    }
  }
  const sameAsKnown = known?.dataDirectory === dataDirectory ? known : undefined
  const isThere = statSync(dataDirectory, { throwIfNoEntry: false }) !== undefined
  const major = seen(() => majorVersionIn(dataDirectory)) ?? sameAsKnown?.major
  const owner = (isThere ? seen(() => clusterOwner(dataDirectory).user) : undefined) ?? sameAsKnown?.owner
  const port = seen(() => locateHere(component.source).port) ?? sameAsKnown?.port
  const debian = debianCluster(dataDirectory)
  if (debian !== undefined) {
    const draft = `${folder}.new`
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(dirname(draft), { recursive: true, mode: 0o700 })
    const { uid } = statSync(debian.configuration)
    const filter = (path: string) => isConfiguration(path, uid)
    cpSync(debian.configuration, draft, { recursive: true, dereference: true, preserveTimestamps: true, filter })
    rmSync(folder, { recursive: true, force: true })
    move(draft, folder)
  }
  return {
    dataDirectory,
    stanza: component.name,
    ...defined({ major, owner, port }),
    debian: debian !== undefined || (sameAsKnown?.debian ?? false),
  }
}

/** What there is of it on this machine: the major version that its base backups need. Its image is in its compose file. */
function clusterInContainer(
  { pointCache }: AppContext,
  { name, source }: PostgresComponent,
  known: KitCluster | undefined,
): KitCluster {
  const archive = pointCache.read(name)?.points.at(-1)?.archive
  const major = archive === undefined ? known?.major : majorVersionOf(archive)
  return { dataDirectory: source.dataDirectory, stanza: name, ...defined({ major }), debian: false }
}

async function versionsOf(context: AppContext, work: EngineContext): Promise<KitManifest['versions']> {
  const system = systemName()
  const engines: { restic?: string; pgbackrest?: string } = {}
  for (const component of [...context.site.components, context.kit]) {
    const engine = context.engineOf(component)
    if (engines[engine.name] !== undefined) continue
    try {
      engines[engine.name] = await engine.version(work)
    } catch {
      // Not installed: there is nothing to tell, and the component's own step said so.
    }
  }
  return { holdfast: context.version, node: process.version, ...defined({ system }), ...engines }
}

/** Such as `Debian GNU/Linux 12 (bookworm)`. */
function systemName(): string | undefined {
  try {
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/** Leaves a file alone that holds the same already: restic need not read it again then. */
function writeWhole(file: string, content: string | Buffer): void {
  const wanted = Buffer.from(content)
  try {
    if (readFileSync(file).equals(wanted)) return
  } catch {
    // Not there yet.
  }
  replaceFile(file, wanted, { mode: 0o600, keep: 'cache' })
}

/** Larger ones are no configuration. */
const largestFile = 2 ** 20

/**
 * The owner of a cluster may put links there, and pipes. What a link leads to is taken when that owner could read it by himself, and is
 * a file: we may be root, and he gets it back after a recovery.
 */
export function isConfiguration(path: string, owner: number): boolean {
  const [own, found] = [lstatSync, statSync].map((look) => look(path, { throwIfNoEntry: false }))
  if (own?.isDirectory()) return true
  if (own === undefined || found === undefined || !found.isFile() || found.size > largestFile) return false
  return !own.isSymbolicLink() || found.uid === owner || (found.mode & 0o004) !== 0
}
