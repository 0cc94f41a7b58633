import { defined } from '../domain/defined.ts'
import type { Instant } from '../domain/clock.ts'
import { duration, formatDuration, type Duration } from '../domain/duration.ts'
import type { ErrorRecord } from '../domain/errors.ts'
import type { StepOutcome } from '../domain/events.ts'
import type { ArchivingSighting, Check, CheckKind } from '../domain/evidence.ts'
import { formatSize } from '../domain/size.ts'
import type { Period } from '../domain/site.ts'
import { lossOf } from './archiving-loss.ts'
import { drillFault, type DrillSighting } from './drill-due.ts'
import { stalenessOf } from './freshness.ts'

/** All that is known of a component, each with the time at which it was seen. What is absent is not known, and never well. */
export interface ComponentEvidence {
  readonly component: string
  readonly newestPointAt: Instant | undefined
  readonly lastStep:
    | { readonly outcome: StepOutcome; readonly endedAt: Instant; readonly error: ErrorRecord | undefined }
    | undefined
  /** Why all that was seen before says nothing of the component as it is configured today. */
  readonly change: string | undefined
  /** Only for databases. */
  readonly database: DatabaseEvidence | undefined
  readonly drill: DrillEvidence
}

export interface DrillEvidence extends DrillSighting {
  /** How long the recovery took in the last drill that passed, in milliseconds. */
  readonly recoveryMs: number | undefined
  /** The last drill, when it failed. */
  readonly failed: { readonly at: Instant; readonly error: ErrorRecord } | undefined
}

/** What was agreed, in the configuration. */
export interface Agreed {
  readonly rpo: Duration
  readonly rto: Duration
  /** How often a restore is tested. */
  readonly drill: Period
}

export interface DatabaseEvidence {
  readonly archiving: ArchivingSighting | ErrorSighting | undefined
  /** When a run last saw that all that was committed is in the archive. */
  readonly archivedUntil: Instant | undefined
  readonly gap: WalGap | undefined
  /** Why WAL may be lost, when the archive could not be listed to see. */
  readonly unlisted: string | undefined
}

/** The server was asked, and this is what came instead of an answer. */
export interface ErrorSighting {
  readonly seenAt: Instant
  readonly error: ErrorRecord
}

/** WAL is lost, and no base backup leads to now. */
export interface WalGap {
  readonly askedAt: Instant
  /** The last instant that can be restored; undefined when none can. */
  readonly reaches: Instant | undefined
  readonly afterWal: string | undefined
}

/** Two lost ticks of a watch that comes every five minutes, and room for a slow one. */
const longestSilence = duration(15, 'm')

/** A segment waits no longer than this behind one that is being archived well. */
const longestWait = duration(2, 'm')

/** Green is what was looked at and has nothing wrong with it. */
export const isHealthy = (checks: readonly Check[]): boolean => checks.every(({ error }) => error === undefined)

/** Every check of a component: each is well on evidence, or not. */
export function healthOf(evidence: ComponentEvidence, agreed: Agreed, now: Instant): Check[] {
  const { component, database } = evidence
  const { rpo } = agreed
  const checks = [
    ...[pointsCheck(evidence, now), lastRunCheck(evidence)],
    ...[...drillCheck(evidence, agreed.drill, now), ...recoveryCheck(evidence, agreed.rto)],
  ]
  if (database === undefined) return checks
  const sighting = newestOf(database)
  return [
    ...checks,
    archivingCheck(component, sighting, rpo, now),
    ...lossCheck(component, sighting, lossNow(evidence, now), rpo),
    gapCheck(component, database),
  ]
}

function check(kind: CheckKind, component: string, seen: Pick<Check, 'said' | 'seenAt' | 'since'>, error?: ErrorRecord): Check {
  return { kind, component, ...seen, ...defined({ error }) }
}

function pointsCheck({ component, newestPointAt, change }: ComponentEvidence, now: Instant): Check {
  const said = newestPointAt === undefined ? 'no good restore point' : `newest point ${formatDuration(now - newestPointAt)} ago`
  const message = change ?? stalenessOf(newestPointAt, now)
  const seen = { said, seenAt: newestPointAt }
  if (message === undefined) return check('points', component, seen)
  return check('points', component, seen, { code: 'backup-overdue', message, hint: `holdfast backup ${component}` })
}

function lastRunCheck({ component, lastStep }: ComponentEvidence): Check {
  const hint = `holdfast backup ${component}`
  if (lastStep === undefined) {
    const seen = { said: 'never backed up', seenAt: undefined }
    return check('last-run', component, seen, { code: 'backup-overdue', message: 'it was never backed up', hint })
  }
  const { outcome, endedAt, error } = lastStep
  const seen = { said: `last run ${outcome}`, seenAt: endedAt }
  if (outcome === 'done') return check('last-run', component, seen)
  return check('last-run', component, seen, error ?? { code: 'partly-done', message: `the last run was ${outcome}`, hint })
}

/** Where there are to be none, and there was none that failed, nothing is checked. */
function drillCheck({ component, drill }: ComponentEvidence, period: Period, now: Instant): Check[] {
  const { passedAt, failed } = drill
  if (failed !== undefined) {
    return [check('drill', component, { said: 'the last drill failed', seenAt: failed.at, since: failed.at }, failed.error)]
  }
  if (period === 'never') return []
  const said = passedAt === undefined ? 'no drill yet' : `drill passed ${formatDuration(now - passedAt)} ago`
  const seen = { said, seenAt: passedAt }
  const message = drillFault(period, drill, now)
  if (message === undefined) return [check('drill', component, seen)]
  const hint = `holdfast drill ${component} tests one; holdfast schedule apply makes a timer do so`
  return [check('drill', component, seen, { code: 'drill-overdue', message, hint })]
}

/** Against what was agreed stands only what was measured: a drill that never was is the matter of the check before. */
function recoveryCheck({ component, drill: { recoveryMs, passedAt } }: ComponentEvidence, rto: Duration): Check[] {
  if (recoveryMs === undefined) return []
  const seen = { said: `recovery took ${formatDuration(recoveryMs)} of ${formatDuration(rto)}`, seenAt: passedAt }
  if (recoveryMs <= rto) return [check('recovery', component, seen)]
  const message = `to recover it took ${formatDuration(recoveryMs)} in the last drill, and ${formatDuration(rto)} are agreed`
  const hint =
    'a faster storage or network, more processes: of the database, or full backups more often; else agree on a longer rto'
  return [check('recovery', component, seen, { code: 'outage-exceeded', message, hint })]
}

/** The newest of what watch and runs saw: a run that archived everything makes an older trouble good. */
function newestOf({ archiving, archivedUntil }: DatabaseEvidence): ArchivingSighting | ErrorSighting | Instant | undefined {
  if (archiving === undefined) return archivedUntil
  return archivedUntil !== undefined && archivedUntil > archiving.seenAt ? archivedUntil : archiving
}

function archivingCheck(component: string, sighting: ReturnType<typeof newestOf>, rpo: Duration, now: Instant): Check {
  if (sighting === undefined) {
    const error: ErrorRecord = {
      code: 'archive-failing',
      message: 'nobody has seen yet that WAL is archived',
      hint: 'holdfast watch',
    }
    return check('archiving', component, { said: 'never looked at', seenAt: undefined }, error)
  }
  const seenAt = typeof sighting === 'number' ? sighting : sighting.seenAt
  const age = now - seenAt
  if (age > Math.max(rpo, longestSilence)) {
    const message = `nobody has looked at the archiving of WAL for ${formatDuration(age)}`
    const hint = 'holdfast watch looks; it is to be run every five minutes, by a timer'
    return check(
      'archiving',
      component,
      { said: `looked at ${formatDuration(age)} ago`, seenAt },
      { code: 'archive-failing', message, hint },
    )
  }
  if (typeof sighting === 'number') return check('archiving', component, { said: 'all archived by the last run', seenAt })
  if ('error' in sighting) return check('archiving', component, { said: 'no answer', seenAt }, sighting.error)
  const seen = { said: archivingText(sighting), seenAt }
  const error = archivingError(sighting)
  if (error === undefined) return check('archiving', component, seen)
  const since = sighting.lastArchivedAt === undefined ? {} : { since: sighting.oldestWaitingAt ?? sighting.lastArchivedAt }
  return check('archiving', component, { ...seen, ...since }, error)
}

/** `last WAL 3m ago, 0 waiting`. */
export function archivingText(
  { lastArchivedAt, seenAt, waiting, waitingBytes }: ArchivingSighting,
  now: Instant = seenAt,
): string {
  const last = lastArchivedAt === undefined ? 'no WAL archived yet' : `last WAL ${formatDuration(now - lastArchivedAt)} ago`
  return `${last}, ${waiting} waiting${waiting === 0 ? '' : ` (${formatSize(waitingBytes)})`}`
}

const logHint = 'the server’s log holds the words of archive-push; holdfast setup plan shows what is missing'

function archivingError(sighting: ArchivingSighting): ErrorRecord | undefined {
  const { isOn, inRecovery, isFailing, seenAt, lastArchivedAt, oldestWaitingAt, waiting, waitingBytes } = sighting
  if (inRecovery) {
    const hint = 'back up the primary; after a crash or a restore wait until recovery is done'
    return { code: 'postgres-in-recovery', message: 'PostgreSQL is in recovery: a standby, or still starting', hint }
  }
  if (!isOn) {
    const message = 'PostgreSQL does not hand its WAL to pgBackRest: archive_mode is off, or archive_command is another'
    return { code: 'archive-failing', message, hint: 'holdfast setup plan shows what is missing' }
  }
  const queue = `${waiting === 1 ? '1 segment waits and keeps' : `${waiting} segments wait and keep`} ${formatSize(waitingBytes)} of disk`
  if (isFailing) {
    const message = `WAL does not reach the archive: segment ${sighting.lastFailedWal ?? ''} failed ${sighting.failedCount} times; ${queue}`
    return { code: 'archive-failing', message, hint: logHint }
  }
  const isMoving = lastArchivedAt !== undefined && seenAt - lastArchivedAt <= longestWait
  if (oldestWaitingAt === undefined || isMoving || seenAt - oldestWaitingAt <= longestWait) return undefined
  const message = `WAL does not reach the archive: a segment has waited for ${formatDuration(seenAt - oldestWaitingAt)}; ${queue}`
  return { code: 'archive-failing', message, hint: logHint }
}

function lossCheck(component: string, sighting: ReturnType<typeof newestOf>, lossMs: number | undefined, rpo: Duration): Check[] {
  // What was not seen is the matter of the check before.
  if (sighting === undefined || typeof sighting === 'number' || 'error' in sighting) return []
  const { seenAt } = sighting
  if (lossMs === undefined) {
    const message = 'no WAL was ever archived: a crash now would lose all since the last base backup'
    return [check('loss', component, { said: 'nothing archived', seenAt }, { code: 'loss-exceeded', message, hint: logHint })]
  }
  const seen = { said: `a crash would lose ${lossText(lossMs)} of ${formatDuration(rpo)}`, seenAt }
  if (lossMs <= rpo) return [check('loss', component, seen)]
  const message = `a crash now would lose ${lossText(lossMs)}, and ${formatDuration(rpo)} are agreed`
  return [check('loss', component, seen, { code: 'loss-exceeded', message, hint: logHint })]
}

const lossText = (lossMs: number): string => (lossMs === 0 ? 'nothing' : `up to ${formatDuration(lossMs)}`)

function gapCheck(component: string, { gap, archiving, unlisted }: DatabaseEvidence): Check {
  if (unlisted !== undefined) {
    const message = `WAL may be lost (${unlisted}), and the archive could not be listed`
    const hint = `holdfast points ${component} says why`
    return check('wal-gap', component, { said: 'not known', seenAt: archiving?.seenAt }, { code: 'wal-gap', message, hint })
  }
  if (gap === undefined) return check('wal-gap', component, { said: 'no gap known', seenAt: archiving?.seenAt })
  const { askedAt, reaches, afterWal } = gap
  const end = reaches === undefined ? 'nothing' : 'nothing since then'
  const message = `WAL is lost${afterWal === undefined ? '' : ` after segment ${afterWal}`}: ${end} can be restored`
  const hint = `a new base backup ends it, and holdfast watch starts one at most once an hour: holdfast backup ${component}`
  const seen = { said: 'a gap in the archive', seenAt: askedAt, ...defined({ since: reaches }) }
  return check('wal-gap', component, seen, { code: 'wal-gap', message, hint })
}

/** What a crash now would lose at most, as far as anybody has seen: undefined when nobody has. */
export function lossNow({ database, newestPointAt }: ComponentEvidence, now: Instant): number | undefined {
  if (database === undefined) return newestPointAt && Math.max(0, now - newestPointAt)
  const sighting = newestOf(database)
  if (typeof sighting === 'number') return now - sighting
  if (sighting === undefined || 'error' in sighting) return undefined
  const lossMs = lossOf(sighting, database.archivedUntil)
  return lossMs === undefined ? undefined : lossMs + (now - sighting.seenAt)
}
