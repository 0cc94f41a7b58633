import { defined } from '../../domain/defined.ts'
import type { UnitReport } from '../../contract/notices.ts'
import type { Instant } from '../../domain/clock.ts'
import type { ErrorRecord } from '../../domain/errors.ts'
import type { Findings } from '../../domain/finding.ts'
import { signalName } from '../../machine/signals.ts'
import { recordsUntil } from '../../state/journal/journal.ts'
import type { Scheduler, UnitEnd } from '../../schedule/port.ts'
import type { SiteView } from '../site/context.ts'
import type { Notifier } from '../site/notifier.ts'

export interface AlertContext extends SiteView {
  readonly scheduler: Scheduler
  readonly notifier: Notifier
  /** Whether a run that could not begin told it by itself since then. */
  readonly hasToldSince: (since: Instant) => boolean
}

/**
 * How the last start of a unit ended: what Holdfast itself could not tell, because it was killed, stopped or never started, or
 * could not so much as begin. Throws `unit-unknown`.
 */
export async function lookAtUnit(context: AlertContext, unit: string): Promise<UnitReport> {
  const end = await context.scheduler.lastEnd(unit)
  const { result } = end
  if (result === 'success') return { unit, result, isToldAlready: false }
  if (result === 'exit-code' && hasTold(context, unit, end)) return { unit, result, isToldAlready: true }
  const since = end.endedAt ?? context.clock.now()
  return {
    unit,
    result,
    isToldAlready: false,
    finding: { subject: subjectOf(unit), component: undefined, since, error: errorOf(unit, end) },
  }
}

const subjectOf = (unit: string): string => `unit/${unit}`

/** A unit that is well, or whose failure was told by the run itself, ends what an alert said of it before. */
export const findingsOf = ({ unit, finding }: UnitReport): Findings => ({
  looked: [subjectOf(unit)],
  found: finding === undefined ? [] : [finding],
})

/** The journal tells the end of a run, and of no other work. */
const isBackup = (unit: string): boolean => unit.endsWith('-backup.service')

/** Partly done, an objective breached, a drill failed: no verb ends so before it has told what it found. */
const endsOfWholeRuns = new Set([3, 4, 5])

function hasTold({ journal, clock, hasToldSince }: AlertContext, unit: string, { status, beganAt }: UnitEnd): boolean {
  if (endsOfWholeRuns.has(status)) return true
  if (beganAt === undefined) return false
  return isBackup(unit) && (hasRunEndedSince(journal, beganAt, clock.now()) || hasToldSince(beganAt))
}

function hasRunEndedSince(journal: AlertContext['journal'], since: Instant, now: Instant): boolean {
  try {
    for (const record of recordsUntil(journal, now)) {
      if (record.at < since) return false
      if (record.type === 'run-ended') return true
    }
  } catch {
    // A journal that can't be read shows nothing, and may be why the unit failed.
  }
  return false
}

/** systemd.exec(5): what systemd itself ends a process with that it could not start. */
const isFailureToStart = (status: number): boolean => status >= 200 && status <= 245
const programNotFound = 203

function errorOf(unit: string, end: UnitEnd): ErrorRecord {
  const detail = end.lines.length === 0 ? {} : { detail: end.lines.join('\n') }
  const hint = `journalctl -u ${unit} -e shows all of it`
  if (end.result === 'timeout')
    return { code: 'timeout', message: `${unit} took longer than ${end.limit} and was stopped`, hint, ...detail }
  if (end.result === 'exit-code' && end.status === programNotFound) {
    return {
      code: 'unit-failed',
      message: `${unit} could not be started: its program is gone`,
      hint: 'Node.js or Holdfast is not where it was: holdfast schedule apply writes down where they are now',
      ...detail,
    }
  }
  const said = end.result === 'exit-code' ? lastWords(end.lines) : {}
  const why = said.message === undefined ? '' : `: ${said.message}`
  return { code: 'unit-failed', message: `${unit} ${howItEnded(end)}${why}`, hint: said.hint ?? hint, ...detail }
}

/** What Holdfast said last of what was wrong, and of what to do (cli/output/error.ts). */
function lastWords(lines: readonly string[]): { readonly message?: string; readonly hint?: string } {
  const last = (pattern: RegExp) => lines.map((line) => pattern.exec(line)?.[1]).findLast((found) => found !== undefined)
  const [message, hint] = [last(/^error: (.+)/), last(/^hint: +(.+)/)]
  return { ...defined({ message }), ...(message === undefined || hint === undefined ? {} : { hint }) }
}

function howItEnded({ result, how, status }: UnitEnd): string {
  switch (result) {
    case 'oom-kill':
      return 'was killed by the kernel for want of memory'
    case 'signal':
    case 'core-dump':
      return `was killed by ${signalName(status)}`
    case 'exit-code':
      return isFailureToStart(status) ? `could not be started (status ${status})` : `ended with exit code ${status}`
    case 'start-limit-hit':
      return 'was started too often in too short a time'
    case 'resources':
      return 'could not be started for want of resources'
    default:
      return how === undefined ? `could not be started (${result})` : `failed (${result})`
  }
}
