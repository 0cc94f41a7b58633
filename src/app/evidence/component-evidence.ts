import { instant, isAhead, type Instant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import { locationText } from '../../domain/repository.ts'
import { isDatabase, sourcePaths, type Component } from '../../domain/site.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import type { ComponentEvidence, DatabaseEvidence, DrillEvidence, WalGap } from '../../policy/health.ts'
import type { ComponentHistory } from './recent-history.ts'
import type { DatabaseMemory } from '../../state/watch-memory.ts'

/** What shows how a component is: the journal, what its engine said last, what the last watch saw. */
export interface Sources {
  readonly history: ComponentHistory | undefined
  readonly sighting: PointSighting | undefined
  /** Only of databases. */
  readonly watched: Pick<DatabaseMemory, 'archiving' | 'archivedThen' | 'unlisted'> | undefined
  readonly drill: DrillEvidence
}

/** Drills as the last weeks of the journal tell of them. */
export function drillEvidence(history: ComponentHistory | undefined): DrillEvidence {
  const passed = history?.restored.find(({ isDrill }) => isDrill)
  const last = history?.drilled
  const error = last?.result.error
  return {
    backedUpSince: history?.steps.findLast(({ point }) => point !== undefined)?.beganAt,
    passedAt: passed?.at,
    recoveryMs: passed?.durationMs,
    failed: last?.result.outcome === 'failed' && error !== undefined ? { at: last.at, error } : undefined,
  }
}

export function evidenceOf(
  component: Component,
  { history, sighting, watched, drill }: Sources,
  now: Instant,
): ComponentEvidence {
  const steps = history?.steps ?? []
  const [lastStep] = steps
  const lastGood = steps.find(({ outcome }) => outcome === 'done')
  return {
    component: component.name,
    newestPointAt: newestKnown(pointOfStep(lastGood), sighting, now)?.at,
    lastStep: lastStep && { outcome: lastStep.outcome, endedAt: endOf(lastStep), error: lastStep.errors[0] },
    change: changeSince(lastStep, component),
    drill,
    database: isDatabase(component) ? databaseEvidence(lastGood, sighting, watched) : undefined,
  }
}

function databaseEvidence(
  lastGood: StepResult | undefined,
  sighting: PointSighting | undefined,
  watched: Sources['watched'],
): DatabaseEvidence {
  return {
    archiving: watched?.archiving,
    archivedUntil: lastGood && endOf(lastGood),
    gap: sighting && gapIn(sighting, watched?.archivedThen),
    unlisted: watched?.unlisted,
  }
}

/**
 * Whether recovery reaches less than what was archived.
 *
 * @param archived the segment that PostgreSQL believed archived before the engine was asked: pgBackRest may have thrown it away
 */
function gapIn({ askedAt, points, windows, unreachable }: PointSighting, archived: string | undefined): WalGap | undefined {
  if (windows === undefined || points.length === 0) return undefined
  const newest = windows.at(-1)
  const isShort = archived !== undefined && !windows.some(({ lastWal }) => lastWal >= archived)
  if (!isShort && (unreachable ?? []).length === 0) return undefined
  return { askedAt, reaches: newest?.to, afterWal: newest?.lastWal }
}

const endOf = ({ beganAt, durationMs }: StepResult): Instant => instant(beganAt + durationMs)

export const pointOfStep = (step: StepResult | undefined): { id: string; at: Instant } | undefined =>
  step?.point && { id: step.point.id, at: endOf(step) }

/**
 * The newest good point. What the engine said after the step is the truth: a point that has gone since, or whose WAL has, is
 * none. What a wrong clock dated later than now would be the newest until then, so it counts only where there is nothing else.
 */
export function newestKnown(
  own: { id: string; at: Instant } | undefined,
  sighting: PointSighting | undefined,
  now: Instant,
): { id: string; at: Instant } | undefined {
  const good = sighting?.points.filter(
    ({ id, hasErrors }) => !hasErrors && (sighting.windows?.some((window) => window.points.includes(id)) ?? true),
  )
  const asked = good?.findLast(({ endedAt }) => !isAhead(endedAt, now)) ?? good?.at(-1)
  const askedSince = sighting !== undefined && own !== undefined && sighting.askedAt >= own.at && !isAhead(sighting.askedAt, now)
  const isNewest = asked === undefined || isAhead(asked.endedAt, now) || (own !== undefined && own.at >= asked.endedAt)
  if (own !== undefined && !askedSince && isNewest) return own
  return asked && { id: asked.id, at: asked.endedAt }
}

/** A success of another source, or in another repository, says nothing about those of today's configuration. */
function changeSince(step: StepResult | undefined, { source, location }: Component): string | undefined {
  if (step === undefined) return undefined
  const same = step.to === locationText(location) && step.from.join('\0') === sourcePaths(source).join('\0')
  return same ? undefined : 'its source or repository has changed since the last run'
}
