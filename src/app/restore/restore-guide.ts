import { defined } from '../../domain/defined.ts'
import { freeDownloadGb, restoringPrice } from '../../cost/pricing.ts'
import type { Instant } from '../../domain/clock.ts'
import type { Command } from '../../domain/command.ts'
import type { Price } from '../../domain/money.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import { isDatabase, type Component, type FilesComponent, type PostgresComponent } from '../../domain/site.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { EngineContext } from '../../engines/port.ts'
import { measuredRestore } from '../../state/journal/measured-restore.ts'
import { recoveryTarget } from '../../policy/recovery-target.ts'
import { openBrowser, type Browser } from '../browse/browse.ts'
import type { AppContext } from '../site/context.ts'
import { askRecoverability } from '../component/recoverability.ts'
import { knownSize } from './restore-estimate.ts'
import { latestPoint } from '../component/restore-point.ts'
import { engineContext } from '../component/engine-context.ts'

/** What can be chosen from, asked once. */
export interface Choosable {
  readonly component: Component
  /** Oldest first. */
  readonly points: readonly RestorePoint[]
  /** Of a database; empty for files. */
  readonly windows: readonly RecoveryWindow[]
  /** Looks into the points of files. */
  readonly browser: Browser | undefined
}

/** Asks what of a component can be restored. Nothing is changed. */
export async function whatToRestore(context: AppContext, component: Component): Promise<Choosable> {
  if (!isDatabase(component)) {
    const browser = await openBrowser(context, component.name)
    return { component, points: browser.points, windows: [], browser }
  }
  const engine = context.engineOf(component)
  const work = quiet(context, component)
  const points = await engine.listPoints(work)
  const { windows } = await askRecoverability(context, component, work)
  return { component, points, windows, browser: undefined }
}

/** What was chosen of it. */
export interface Chosen {
  /** For a database; the latest when left out. */
  readonly at: Instant | undefined
  /** For files. */
  readonly point: RestorePoint | undefined
  /** Absolute on the source; everything when empty. */
  readonly paths: readonly string[]
  /** One database of a cluster. */
  readonly database: string | undefined
  readonly target: ChosenTarget
}

/** What the engine writes into: a folder, or the live data. */
export type ChosenTarget = { readonly folder: string } | 'live'

/** What a restore would do, before anything is touched. */
export interface RestorePreview {
  readonly point: RestorePoint
  readonly restoredTo: Instant
  readonly commands: readonly Command[]
  /** What comes over the network at most; undefined when the storage is a folder here. */
  readonly download: Download | undefined
  /** The last restore of this component, as a measure of this one. */
  readonly last: { readonly at: Instant; readonly durationMs: number } | undefined
}

export interface Download {
  /** Undefined when the engine has not recorded it. */
  readonly atMostBytes: Bytes | undefined
  readonly alsoWal: boolean
  /** Of those bytes, when nothing of what is free is left; undefined when they are not known. */
  readonly price: Price | undefined
  /** GB a month that are free for the whole account. */
  readonly freeGb: number
}

export async function previewRestore(context: AppContext, choosable: Choosable, chosen: Chosen): Promise<RestorePreview> {
  const { component } = choosable
  const { point, restoredTo, commands } = isDatabase(component)
    ? await previewDatabase(context, component, choosable, chosen)
    : await previewFiles(context, component, choosable, chosen)
  return {
    point,
    restoredTo,
    commands,
    download: component.location.kind === 'directory' ? undefined : downloadOf(context, choosable, point),
    last: lastRestore(context, component),
  }
}

type Previewed = Pick<RestorePreview, 'point' | 'restoredTo' | 'commands'>

async function previewFiles(
  context: AppContext,
  component: FilesComponent,
  { points }: Choosable,
  { point: wanted, paths: ticked, target }: Chosen,
): Promise<Previewed> {
  const point = wanted ?? latestPoint(points, context)
  // Over live data, all of it is what the component is now.
  const where =
    target !== 'live'
      ? { paths: ticked, target: target.folder }
      : { paths: ticked.length === 0 ? component.source.paths : ticked, target: '/', holds: 'live' as const }
  const commands = await context.engineOf(component).restoreCommands({ point, ...where }, quiet(context, component))
  return { point, restoredTo: point.endedAt, commands }
}

async function previewDatabase(
  context: AppContext,
  component: PostgresComponent,
  { points, windows }: Choosable,
  { at, point: wanted, database, target }: Chosen,
): Promise<Previewed> {
  const where = target === 'live' ? { target: component.source.dataDirectory, holds: 'live' as const } : { target: target.folder }
  // What comes after the last window is archived first, by the restore itself.
  const reaching = windows.map((window, index) =>
    at !== undefined && index === windows.length - 1 && window.to < at ? { ...window, to: at } : window,
  )
  const { timeZone } = context.site
  const now = context.clock.now()
  const { point, timeline, restoredTo, ...goal } =
    wanted === undefined
      ? recoveryTarget({ points, windows: reaching, at, now, archived: undefined, timeZone })
      : { point: wanted, at: 'point' as const, timeline: undefined, restoredTo: wanted.endedAt }
  const request = { point, at: goal.at, ...defined({ timeline }), ...where, database }
  const commands = await context.engineOf(component).restoreCommands(request, quiet(context, component))
  return { point, restoredTo, commands }
}

/** Of files, their size before compression; of a database, what its base backups take in the repository. */
function downloadOf(context: AppContext, { component, points }: Choosable, point: RestorePoint): Download {
  const downloadOfSize = (atMostBytes: Bytes | undefined, alsoWal: boolean): Download => ({
    atMostBytes,
    alsoWal,
    price: atMostBytes === undefined ? undefined : restoringPrice(atMostBytes, context.site),
    freeGb: freeDownloadGb(context.site.storage),
  })
  if (!isDatabase(component)) return downloadOfSize(knownSize(context.journal, point), false)
  const parts = points.filter(({ id }) => id === point.id || point.dependsOn.includes(id)).map(({ addedBytes }) => addedBytes)
  const known = parts.every((part) => part !== undefined)
  return downloadOfSize(known ? bytes(parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)) : undefined, true)
}

function lastRestore(context: AppContext, component: Component): RestorePreview['last'] {
  for (const record of context.journal.newestFirst()) {
    const measured = measuredRestore(record)
    if (measured?.component === component.name) return { at: measured.at, durationMs: measured.durationMs }
  }
  return undefined
}

const quiet = (context: AppContext, component: Component): EngineContext => engineContext(context, component, () => undefined)
