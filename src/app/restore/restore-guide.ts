import { freeDownloadGb, restoringPrice } from '../../cost/pricing.ts'
import type { Instant } from '../../domain/clock.ts'
import type { Price } from '../../domain/money.ts'
import type { RecoveryWindow, RestorePoint } from '../../domain/restore-point.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { EngineContext } from '../../engines/port.ts'
import { measuredRestore } from '../../state/journal/measured-restore.ts'
import { openBrowser, type Browser } from '../browse/browse.ts'
import type { AppContext } from '../site/context.ts'
import { askRecoverability } from '../component/recoverability.ts'
import { planRestore } from './ask-plan.ts'
import type { RestorePlan } from './plan.ts'
import type { RestoreRequest } from './request.ts'
import { knownSize } from './restore-estimate.ts'
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
  const windows = (await askRecoverability(context, { component, engine }, work)).windows
  return { component, points, windows, browser: undefined }
}

/** What a restore would do, before anything is touched. */
export interface RestorePreview extends Pick<RestorePlan, 'point' | 'restoredTo' | 'commands'> {
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

/** The plan of the very restore that would follow, and what it takes. */
export async function previewRestore(
  context: AppContext,
  choosable: Choosable,
  request: RestoreRequest,
): Promise<RestorePreview> {
  const { component } = choosable
  const { point, restoredTo, commands } = await planRestore(context, request, { report: () => undefined, prepares: false })
  const download = component.location.kind === 'directory' ? undefined : downloadOf(context, choosable, point)
  return { point, restoredTo, commands, download, last: lastRestore(context, component) }
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
