import type { Instant } from '../../domain/clock.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import { bytes } from '../../domain/size.ts'
import type { Journal } from '../../state/journal/journal.ts'
import { measuredRestore } from '../../state/journal/measured-restore.ts'
import type { RetentionFacts } from '../../policy/retention.ts'
import type { TimeTraces } from '../../policy/retention-guards.ts'

/** What the journal knows of one component. */
export interface ComponentHistory {
  /** The point that a restore was last made of. */
  readonly restored: string | undefined
  /** The point that last passed a drill. */
  readonly drilled: string | undefined
  /** Bytes that a point added to the repository, for engines that don't say so later. */
  readonly addedBytes: ReadonlyMap<string, number>
  /** Points whose runs could not read all that they should hold. */
  readonly incomplete: ReadonlySet<string>
  /** Retention was begun and never came to its end: what it removed may still take room. */
  readonly isUnfinished: boolean
}

/** What the journal knows that retention has to know, read in one go. */
export interface SiteHistory {
  readonly times: readonly Instant[]
  readonly confirmed: TimeTraces['confirmed']
  of(component: string): ComponentHistory
}

export function readHistory(journal: Journal): SiteHistory {
  const times: Instant[] = []
  const confirmed: TimeTraces['confirmed'][number][] = []
  const restored = new Map<string, string>()
  const drilled = new Map<string, string>()
  // restic gives a point another id when it is pinned.
  const renamed = new Map<string, string>()
  const nameNow = (point: string) => renamed.get(point) ?? point
  const added = new Map<string, Map<string, number>>()
  const unfinished = new Map<string, boolean>()
  const incomplete = new Map<string, Set<string>>()
  for (const record of journal.newestFirst()) {
    times.push(record.at)
    switch (record.type) {
      case 'clock-confirmed':
        confirmed.push(record)
        break
      case 'restored':
      case 'drilled': {
        const measured = measuredRestore(record)
        if (measured === undefined) break
        const last = measured.isDrill ? drilled : restored
        if (!last.has(measured.component)) last.set(measured.component, nameNow(measured.point))
        break
      }
      case 'pinned':
      case 'unpinned':
        renamed.set(record.previousPoint, nameNow(record.point))
        break
      case 'retention-began':
      case 'retention-ended':
        if (!unfinished.has(record.component)) unfinished.set(record.component, record.type === 'retention-began')
        break
      case 'step-ended': {
        const { component, point, addedBytes, errors } = record.result
        if (point !== undefined && errors.some(({ code }) => code === 'source-unreadable')) {
          incomplete.set(component, (incomplete.get(component) ?? new Set<string>()).add(nameNow(point.id)))
        }
        if (point === undefined || addedBytes === undefined) break
        const ofComponent = added.get(component) ?? new Map<string, number>()
        added.set(component, ofComponent.set(point.id, addedBytes))
        break
      }
      default:
    }
  }
  return {
    times,
    confirmed,
    of: (component) => ({
      restored: restored.get(component),
      drilled: drilled.get(component),
      addedBytes: added.get(component) ?? new Map<string, number>(),
      incomplete: incomplete.get(component) ?? new Set<string>(),
      isUnfinished: unfinished.get(component) ?? false,
    }),
  }
}

/**
 * What retention knows beside policy and points. Before its first drill, a database that was restored has been started and has
 * answered all the same; a restore of files may have been one of a single file, and proves nothing of the rest.
 */
export function retentionFacts(component: Component, points: readonly RestorePoint[], history: ComponentHistory): RetentionFacts {
  const hasWindow = isDatabase(component)
  const isOwn = ({ kind, tags }: RestorePoint) => kind !== 'snapshot' || tags.some((tag) => tag.startsWith('holdfast:'))
  return {
    hasWindow,
    drilled: history.drilled ?? (hasWindow ? history.restored : undefined),
    incomplete: history.incomplete,
    foreign: new Set(points.filter((point) => !isOwn(point)).map(({ id }) => id)),
  }
}

/** Points with what they added, from the journal where the engine doesn't say it. */
export const withAddedBytes = (points: readonly RestorePoint[], { addedBytes }: ComponentHistory): RestorePoint[] =>
  points.map((point) => {
    const added = point.addedBytes ?? addedBytes.get(point.id)
    return added === undefined ? point : { ...point, addedBytes: bytes(added) }
  })
