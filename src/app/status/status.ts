import { defined } from '../../domain/defined.ts'
import type {
  ComponentStatus,
  RecoveryStatus,
  DrillStatus,
  DayStatus,
  PinStatus,
  StatusReport,
  NoticesStatus,
  WatchStatus,
  ArchivingStatus,
} from '../../contract/status.ts'
import type { Instant } from '../../domain/clock.ts'
import { dayMs } from '../../domain/duration.ts'
import type { StepOutcome, StepResult } from '../../domain/events.ts'
import type { Check } from '../../domain/evidence.ts'
import { engineNameOf, isDatabase, type Component, type Site } from '../../domain/site.ts'
import type { MeasuredRestore } from '../../state/journal/measured-restore.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import { dayText, periodsAt } from '../../policy/calendar.ts'
import { archivingText, healthOf, isHealthy, lossNow } from '../../policy/health.ts'
import { longestAge } from '../../policy/freshness.ts'
import { keptBytes } from '../../policy/pin.ts'
import { drillMinute, minuteOf, nextTime } from '../../policy/next-time.ts'
import { longestUnwatched, watchSilence } from '../../policy/watch-silence.ts'
import { drillEvidence, evidenceOf, newestKnown, pointOfStep } from '../evidence/component-evidence.ts'
import type { SiteView } from '../site/context.ts'
import { readNoticeState } from '../../state/notice-state.ts'
import { readRecent, type ComponentHistory, type DrilledRecord, type RecentHistory } from '../evidence/recent-history.ts'
import { readWatch, watchFault, type WatchMemory } from '../../state/watch-memory.ts'

/** Days that a status looks back on, today included. */
const shownDays = 30

/** Runs whose outcomes a status lists, a component. */
const shownSteps = 30

/**
 * What is known without asking anybody: the journal, what the engines said when they were last asked, and what the last watch saw.
 *
 * @param offsetOf how many minutes the site's clocks are ahead of UTC at an instant
 */
export function status(view: SiteView, offsetOf: (at: Instant) => number): StatusReport {
  const { site, clock, journal } = view
  const now = clock.now()
  const names = site.components.map(({ name }) => name)
  const history = readRecent(journal, names, now)
  const watched = readWatch(view)
  return {
    site: site.name,
    at: now,
    unfinishedSince: history.unfinished?.at,
    components: site.components.map((component) => componentStatus(view, component, { history, watched, now, offsetOf })),
    rtoMs: site.objectives.rto,
    nextBackupAt: nextTime({ rhythm: 'daily', minuteOfDay: minuteOf(site.schedule.backup), offsetOf }, now),
    nextDrillAt: nextDrill(site, now, offsetOf),
    watch: watched === undefined ? spoiltWatch(view, now) : watchStatus(watched, { now, uptimeMs: view.machine.boot().uptimeMs }),
    notices: noticesStatus(view),
  }
}

/** A watch has looked, and nobody knows what it saw: that is no evidence that all is well. */
function spoiltWatch(view: SiteView, now: Instant): WatchStatus | undefined {
  const fault = watchFault(view)
  if (fault === undefined) return undefined
  const { message } = fault.error
  const hint = 'holdfast watch looks, and writes it anew'
  const error = { code: 'journal-unreadable', message, hint } as const
  const said = 'what the last watch saw cannot be used'
  return { at: fault.at ?? now, archiving: [], findings: [{ kind: 'journal', component: undefined, said, seenAt: now, error }] }
}

interface Known {
  readonly history: RecentHistory
  readonly watched: WatchMemory | undefined
  readonly now: Instant
  readonly offsetOf: (at: Instant) => number
}

function componentStatus(view: SiteView, component: Component, { history, watched, now, offsetOf }: Known): ComponentStatus {
  const { rpo } = view.site.objectives
  const { schedule, objectives } = view.site
  const own = history.components.get(component.name)
  const found = own?.steps ?? []
  const sighting = view.pointCache.read(component.name)
  const watchedHere = watched?.databases[component.name]
  const evidence = evidenceOf(component, { history: own, sighting, watched: watchedHere, drill: drillEvidence(own) }, now)
  const checks = healthOf(evidence, { ...objectives, drill: schedule.drill }, now)
  const lastGood = found.find((step) => step.outcome === 'done')
  const newestPoint = newestKnown(pointOfStep(lastGood), sighting, now)
  const points = checks.find(({ kind }) => kind === 'points')
  return {
    component: component.name,
    engine: engineNameOf(component),
    newestPoint,
    ageMs: newestPoint === undefined ? undefined : now - newestPoint.at,
    windows: sighting?.windows,
    unreachable: sighting?.unreachable,
    askedAt: sighting?.askedAt,
    lossMs: lossNow(evidence, now),
    lossLimitMs: isDatabase(component) ? rpo : longestAge,
    recovery: own && recoveryOf(own, lastGood?.processedBytes),
    drill: own?.drilled && drillStatus(own.drilled),
    sourceBytes: lastGood?.processedBytes,
    repositoryBytes: sighting?.repositoryBytes,
    ...growthOf(found, now),
    lastStep: found[0],
    pins: pinsKnown(found, sighting),
    outcomes: found
      .slice(0, shownSteps)
      .map((step) => step.outcome)
      .toReversed(),
    days: daysOf(found, now, offsetOf),
    retentionLeft: own?.retentionLeft,
    healthy: isHealthy(checks),
    checks,
    staleness: points?.error?.message,
  }
}

/** A restore of a table or a folder says nothing of how long the whole would take. */
const wholeShare = 0.9

function recoveryOf({ restored }: ComponentHistory, wholeBytes: number | undefined): RecoveryStatus | undefined {
  const isWhole = ({ sizeBytes }: MeasuredRestore) =>
    sizeBytes !== undefined && sizeBytes >= (wholeBytes ?? Infinity) * wholeShare
  const whole = restored.find(({ isDrill }) => isDrill) ?? restored.find(isWhole)
  return whole && { at: whole.at, durationMs: whole.durationMs }
}

const drillStatus = ({ at, result: { outcome, lossMs } }: DrilledRecord): DrillStatus => ({
  at,
  outcome,
  ...defined({ lossMs }),
})

/** As the timer of drills fires. */
function nextDrill({ schedule }: Site, now: Instant, offsetOf: (at: Instant) => number): Instant | undefined {
  const minuteOfDay = drillMinute(schedule.backup)
  return schedule.drill === 'never' ? undefined : nextTime({ rhythm: schedule.drill, minuteOfDay, offsetOf }, now)
}

function growthOf(found: readonly StepResult[], now: Instant): Pick<ComponentStatus, 'addedPerDayBytes' | 'ratio'> {
  const made = found.filter(({ addedBytes, beganAt }) => addedBytes !== undefined && beganAt > now - shownDays * dayMs)
  const oldest = made.at(-1)
  if (oldest === undefined) return { addedPerDayBytes: undefined, ratio: undefined }
  const sum = (of: (step: StepResult) => number | undefined) => made.reduce((total, step) => total + (of(step) ?? 0), 0)
  const added = sum((step) => step.addedBytes)
  // The first backup of all adds everything, and that is no day's growth.
  const isFirst = found.at(-1) === oldest && made.length > 1
  const days = Math.max(1, (now - oldest.beganAt) / dayMs)
  return {
    addedPerDayBytes: Math.round((added - (isFirst ? (oldest.addedBytes ?? 0) : 0)) / days),
    ratio: added === 0 ? undefined : sum((step) => step.processedBytes) / added,
  }
}

const best: readonly StepOutcome[] = ['done', 'partial', 'interrupted', 'failed']

function daysOf(found: readonly StepResult[], now: Instant, offsetOf: Known['offsetOf']): DayStatus[] {
  const dayOf = (at: Instant) => periodsAt(at, offsetOf(at)).day
  const outcomes = new Map<number, StepOutcome>()
  for (const { beganAt, outcome } of found) {
    const day = dayOf(beganAt)
    const before = outcomes.get(day)
    if (before === undefined || best.indexOf(outcome) < best.indexOf(before)) outcomes.set(day, outcome)
  }
  const today = dayOf(now)
  return Array.from({ length: shownDays }, (_, index) => {
    const day = today - shownDays + 1 + index
    const outcome = outcomes.get(day)
    return { date: dayText(day), ...defined({ outcome }) }
  })
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

/** What status judges itself, of the same evidence, and by the time that has passed since. */
const judgedHere = new Set<Check['kind']>(['points', 'archiving', 'loss', 'wal-gap', 'drill', 'recovery'])

function watchStatus(memory: WatchMemory, here: { readonly now: Instant; readonly uptimeMs: number }): WatchStatus {
  const { at, checks, databases } = memory
  const silence = watchSilence(at, here, longestUnwatched)
  return {
    at,
    archiving: Object.entries(databases).map(([component, { archiving }]): ArchivingStatus => {
      if ('error' in archiving) return { component, said: 'no answer' }
      const { waiting, lastArchivedAt } = archiving
      const last = lastArchivedAt === undefined ? {} : { lastArchivedAt }
      return { component, said: archivingText(archiving, here.now), waitingSegments: waiting, ...last }
    }),
    findings: [
      ...(silence === undefined
        ? []
        : [{ kind: 'watch', component: undefined, said: 'looks no more', seenAt: at, error: silence } as const]),
      ...checks.filter(({ kind, error }) => error !== undefined && !judgedHere.has(kind)),
    ],
  }
}

function noticesStatus(view: SiteView): NoticesStatus {
  const { incidents, waiting, givenUp } = readNoticeState(view)
  return {
    waiting: waiting.length,
    waitingSince: waiting.reduce<Instant | undefined>(
      (oldest, { notice: { at } }) => (oldest === undefined || at < oldest ? at : oldest),
      undefined,
    ),
    open: incidents.map(({ subject, since }) => ({ subject, since })),
    givenUp: givenUp.map(({ channel, reason }) => ({ channel, reason })),
  }
}
