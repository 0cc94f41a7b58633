import type { Instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { Progress } from '../domain/events.ts'
import { isDatabase, type FilesComponent } from '../domain/site.ts'
import type { EngineContext } from '../engines/port.ts'
import type { RestoredCluster } from '../sources/postgres/restored-cluster.ts'
import { componentNamed, type AppContext } from './context.ts'
import { restoreDatabase } from './restore-database.ts'
import { restoreFiles } from './restore-files.ts'
import { refuseTarget } from './restore-target.ts'

export interface RestoreWish {
  readonly component: string
  /** A time as a person writes it. */
  readonly at: string | undefined
  /** The beginning of a point's id. */
  readonly point: string | undefined
  /** For files: paths as on the source, or relative to one of the component's paths. */
  readonly paths: readonly string[]
  /** Absolute path of the folder to restore into. */
  readonly target: string
  /** Told twice: files may be written over what the target holds. */
  readonly overwrite: boolean
}

export interface RestoreOutcome {
  readonly component: string
  readonly point: string
  /** Why that point is kept for ever; absent when it is not pinned. */
  readonly pin?: string
  /** The instant that was restored, for a database; for files, when the snapshot was taken. */
  readonly restoredTo: Instant
  readonly target: string
  /** Where the wanted things lie now. */
  readonly places: readonly string[]
  readonly durationMs: number
  readonly cluster?: RestoredCluster
  /** How much of the newest work may be missing, in milliseconds; absent when nothing is. */
  readonly lossAtMostMs?: number
  readonly notes: readonly string[]
}

/** What a kind of source adds to the outcome. */
export type Restored = Pick<RestoreOutcome, 'point' | 'pin' | 'restoredTo' | 'places' | 'notes' | 'cluster' | 'lossAtMostMs'>

/** Brings a component back into a folder, and says so only after it has been looked at: a database by starting it. */
export async function restore(
  context: AppContext,
  wish: RestoreWish,
  report: (progress: Progress) => void,
): Promise<RestoreOutcome> {
  const component = componentNamed(context.site, wish.component)
  if (wish.at !== undefined && wish.point !== undefined) {
    throw new HoldfastError('usage', '--at and --point exclude each other', { hint: 'give the time or the point' })
  }
  const beganAt = context.clock.now()
  const work: EngineContext = { signal: context.signal, clock: context.clock, report }
  refuseTarget(context, component, wish)
  report({ note: 'looking for the restore point' })
  const restored = isDatabase(component)
    ? await restoreDatabase(context, component, wish, work)
    : await restoreFiles(context, component as FilesComponent, wish, work)
  const outcome = { ...restored, component: component.name, target: wish.target, durationMs: context.clock.now() - beganAt }
  const { point, target, durationMs } = outcome
  context.journal.append({ type: 'restored', at: context.clock.now(), component: component.name, point, target, durationMs })
  return outcome
}
