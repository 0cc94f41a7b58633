import type { Instant } from '../domain/clock.ts'
import type { StepOutcome, StepResult } from '../domain/events.ts'
import { locationText } from '../domain/repository.ts'
import type { RecoveryWindow, UnreachableWal } from '../domain/restore-point.ts'
import { sourcePaths, type Component } from '../domain/site.ts'
import { recordsUntil } from '../journal/journal.ts'
import type { PointSighting } from '../journal/point-cache.ts'
import type { JournalRecord } from '../journal/records.ts'
import { keptBytes } from '../policy/pin.ts'
import { stalenessOf } from '../policy/freshness.ts'
import type { SiteView } from './context.ts'

/** Runs that a status looks back on, a component. */
const shownSteps = 30

export interface ComponentStatus {
  readonly component: string
  readonly engine: 'restic' | 'pgbackrest'
  /** The newest good restore point that this machine knows of. */
  readonly newestPoint: { readonly id: string; readonly at: Instant } | undefined
  readonly ageMs: number | undefined
  /** Oldest first; only for databases. */
  readonly windows: readonly RecoveryWindow[] | undefined
  /** WAL that no base backup leads to, as of then. */
  readonly unreachable: readonly UnreachableWal[] | undefined
  /** When points and windows were last asked of the engine; undefined when only the journal speaks. */
  readonly askedAt: Instant | undefined
  readonly sourceBytes: number | undefined
  readonly repositoryBytes: number | undefined
  readonly lastStep: StepResult | undefined
  /** Points that are kept for ever, as far as this machine knows, oldest first. */
  readonly pins: readonly PinStatus[]
  /** Outcomes of the last steps, oldest first. */
  readonly outcomes: readonly StepOutcome[]
  /** Green only with evidence that isn't old: the last step was done, and there is a good point of the last day. */
  readonly healthy: boolean
  /** Why what is known is no evidence for today; undefined when it is. */
  readonly staleness: string | undefined
}

export interface PinStatus {
  readonly id: string
  readonly at: Instant
  readonly reason: string
  readonly keptBytes: number | undefined
}

export interface StatusReport {
  readonly site: string
  readonly at: Instant
  readonly components: readonly ComponentStatus[]
  /** A run that began and has no end: it goes on now, or was killed. */
  readonly unfinishedSince: Instant | undefined
}

/** What is known without asking anybody: the journal, and what the engines said when they were last asked. */
export function status(view: SiteView): StatusReport {
  const { site, clock, journal, pointCache } = view
  const now = clock.now()
  const steps = new Map<string, StepResult[]>(site.components.map((component) => [component.name, []]))
  let unfinishedSince: Instant | undefined
  let sawRun = false
  for (const record of recordsUntil(journal, now)) {
    if (!sawRun && (record.type === 'run-ended' || record.type === 'run-began')) {
      sawRun = true
      if (record.type === 'run-began') unfinishedSince = record.at
    }
    collect(record, steps)
    if ([...steps.values()].every((found) => found.length >= shownSteps)) break
    // A component that was added yesterday, or never ran, must not cost the reading of all years.
    if (now - record.at > longestLookBackMs && [...steps.values()].some((found) => found.length > 0)) break
  }
  return {
    site: site.name,
    at: now,
    unfinishedSince,
    components: site.components.map((component) => {
      const found = steps.get(component.name) ?? []
      const sighting = pointCache.read(component.name)
      const lastGood = found.find((step) => step.outcome === 'done')
      const newestPoint = newestKnown(pointOfStep(lastGood), sighting)
      const [lastStep] = found
      const staleness = changeSince(lastStep, component) ?? stalenessOf(newestPoint?.at, now)
      return {
        component: component.name,
        engine: component.source.kind === 'postgres' ? 'pgbackrest' : 'restic',
        newestPoint,
        ageMs: newestPoint === undefined ? undefined : now - newestPoint.at,
        windows: sighting?.windows,
        unreachable: sighting?.unreachable,
        askedAt: sighting?.askedAt,
        sourceBytes: lastGood?.processedBytes,
        repositoryBytes: sighting?.repositoryBytes,
        lastStep,
        pins: pinsKnown(found, sighting),
        outcomes: found
          .slice(0, shownSteps)
          .map((step) => step.outcome)
          .toReversed(),
        healthy: lastStep?.outcome === 'done' && staleness === undefined,
        staleness,
      }
    }),
  }
}

const longestLookBackMs = 62 * 86_400_000

function collect(record: JournalRecord, steps: ReadonlyMap<string, StepResult[]>): void {
  if (record.type === 'step-ended') steps.get(record.result.component)?.push(record.result)
}

function pointOfStep(step: StepResult | undefined): { id: string; at: Instant } | undefined {
  return step?.point && { id: step.point.id, at: (step.beganAt + step.durationMs) as Instant }
}

/** What the engine said when it was last asked, and what was pinned when it was made since then. */
function pinsKnown(steps: readonly StepResult[], sighting: PointSighting | undefined): PinStatus[] {
  const points = sighting?.points ?? []
  const seen = points.flatMap((point): PinStatus[] =>
    point.pin === undefined ? [] : [{ id: point.id, at: point.endedAt, reason: point.pin, keptBytes: keptBytes(point, points) }],
  )
  const made = steps.toReversed().flatMap((step): PinStatus[] => {
    const point = pointOfStep(step)
    if (point === undefined || step.pin === undefined || point.at <= (sighting?.askedAt ?? 0)) return []
    return [{ ...point, ...step.pin }]
  })
  return [...seen, ...made]
}

/**
 * The newest good point. What the engine said after the step is the truth: a point that has gone since, or whose WAL has, is
 * none.
 */
function newestKnown(
  own: { id: string; at: Instant } | undefined,
  sighting: PointSighting | undefined,
): { id: string; at: Instant } | undefined {
  const asked = sighting?.points.findLast(
    ({ id, hasErrors }) => !hasErrors && (sighting.windows?.some((window) => window.points.includes(id)) ?? true),
  )
  const askedSince = sighting !== undefined && own !== undefined && sighting.askedAt >= own.at
  if (own !== undefined && !askedSince && (asked === undefined || own.at >= asked.endedAt)) return own
  return asked && { id: asked.id, at: asked.endedAt }
}

/** A success of another source, or in another repository, says nothing about those of today's configuration. */
function changeSince(step: StepResult | undefined, { source, location }: Component): string | undefined {
  if (step === undefined) return undefined
  const same = step.to === locationText(location) && step.from.join('\0') === sourcePaths(source).join('\0')
  return same ? undefined : 'its source or repository has changed since the last run'
}
