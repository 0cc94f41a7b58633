import { freeDownloadGb, restoringPrice } from '../../cost/pricing.ts'
import type { Instant } from '../../domain/clock.ts'
import type { Command } from '../../domain/command.ts'
import type { Price } from '../../domain/money.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { EngineContext, RestoreRequest } from '../../engines/port.ts'
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
  const windows = (await askRecoverability(context, component, work))?.windows ?? []
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
  const { request, restoredTo } = requestOf(context, choosable, chosen)
  const commands = await context.engineOf(component).restoreCommands(request, quiet(context, component))
  return {
    point: request.point,
    restoredTo,
    commands,
    download: component.location.kind === 'directory' ? undefined : downloadOf(context, choosable, request.point),
    last: lastRestore(context, component),
  }
}

function requestOf(
  context: AppContext,
  { component, points, windows }: Choosable,
  { at, point: wanted, paths: ticked, database, target: chosenTarget }: Chosen,
): { request: RestoreRequest; restoredTo: Instant } {
  const { source } = component
  const isLive = chosenTarget === 'live'
  const target = !isLive ? chosenTarget.folder : source.kind === 'files' ? '/' : source.dataDirectory
  // Over live data, all of it is what the component is now.
  const paths = isLive && ticked.length === 0 && source.kind === 'files' ? source.paths : ticked
  const where = { paths, target, ...(isLive ? { holds: 'live' as const } : {}), ...(database === undefined ? {} : { database }) }
  const point = wanted ?? (isDatabase(component) ? undefined : latestPoint(points, context))
  if (point !== undefined) return { request: { point, at: 'point', ...where }, restoredTo: point.endedAt }
  // What lies behind the last window is archived first, by the restore itself.
  const reaching = windows.map((window, index) =>
    at !== undefined && index === windows.length - 1 && window.to < at ? { ...window, to: at } : window,
  )
  const { timeZone } = context.site
  const now = context.clock.now()
  const chosen = recoveryTarget({ points, windows: reaching, at, now, archived: undefined, timeZone })
  const timeline = chosen.timeline === undefined ? {} : { timeline: chosen.timeline }
  return {
    request: { point: chosen.point, at: chosen.at, ...timeline, ...where },
    restoredTo: chosen.restoredTo,
  }
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
