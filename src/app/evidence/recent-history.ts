import { isAhead, type Instant } from '../../domain/clock.ts'
import type { RetentionResult, RunResult, StepResult } from '../../domain/events.ts'
import type { Journal } from '../../state/journal/journal.ts'
import { measuredRestore, type MeasuredRestore } from '../../state/journal/measured-restore.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { lookBack } from '../../policy/next-time.ts'
import { NewestRun, type RunBegin } from '../../policy/unfinished-run.ts'

/** What the journal tells of the last weeks: enough to say how things are, and no more of it is read. */
export interface RecentHistory {
  /** A run that began and has no end: it goes on, or was killed. */
  readonly unfinished: RunBegin | undefined
  /** The newest run, where a signal ended it early. */
  readonly stopped: { readonly at: Instant; readonly by: string } | undefined
  readonly components: ReadonlyMap<string, ComponentHistory>
}

export interface ComponentHistory {
  /** Newest first. */
  readonly steps: readonly StepResult[]
  /** Newest first; those of drills too. */
  readonly restored: readonly MeasuredRestore[]
  /** The last drill that came to its end, however it did. */
  readonly drilled: DrilledRecord | undefined
  /** The last time that retention was due and not done; undefined when it was done since. */
  readonly retentionLeft: (Pick<RetentionResult, 'error' | 'outcome'> & { readonly at: Instant }) | undefined
}

export type DrilledRecord = Extract<JournalRecord, { type: 'drilled' }>

interface Draft {
  readonly steps: StepResult[]
  readonly restored: MeasuredRestore[]
  drilled: DrilledRecord | undefined
  isRetained: boolean
  retentionLeft: ComponentHistory['retentionLeft']
}

/**
 * Reads backwards, as far as forty days; further only for a site that did nothing at all since.
 *
 * @param isEnough ends the reading early
 */
export function readRecent(
  journal: Journal,
  names: readonly string[],
  now: Instant,
  isEnough: (components: ReadonlyMap<string, ComponentHistory>) => boolean = () => false,
): RecentHistory {
  const components = new Map<string, Draft>(
    names.map((name) => [name, { steps: [], restored: [], drilled: undefined, isRetained: false, retentionLeft: undefined }]),
  )
  let stopped: RecentHistory['stopped']
  const run = new NewestRun(now)
  for (const record of journal.newestFirst()) {
    if (now - record.at > lookBack && [...components.values()].some(({ steps }) => steps.length > 0)) break
    const isNewest = !run.isFound
    run.see(record)
    if (isAhead(record.at, now)) continue
    if (isNewest && record.type === 'run-ended') stopped = stopOf(record.result)
    collect(record, components)
    if (run.isFound && isEnough(components)) break
  }
  return { unfinished: run.unfinished, stopped, components }
}

function stopOf({ outcome, beganAt, stoppedBy }: Omit<RunResult, 'steps'>): RecentHistory['stopped'] {
  return outcome === 'interrupted' && stoppedBy !== undefined ? { at: beganAt, by: stoppedBy } : undefined
}

function collect(record: JournalRecord, components: ReadonlyMap<string, Draft>): void {
  if (record.type === 'step-ended') components.get(record.result.component)?.steps.push(record.result)
  else if (record.type === 'restored' || record.type === 'drilled') noteRestore(record, components)
  else if (record.type === 'retention-ended') noteRetention(components.get(record.component), undefined)
  else if (record.type === 'run-ended') {
    for (const { component, outcome, error } of record.result.retention ?? []) {
      const isLeft = outcome === 'refused' || outcome === 'failed'
      noteRetention(components.get(component), isLeft ? { at: record.at, outcome, ...(error && { error }) } : undefined)
    }
  }
}

function noteRestore(record: JournalRecord, components: ReadonlyMap<string, Draft>): void {
  const measured = measuredRestore(record)
  if (measured !== undefined) components.get(measured.component)?.restored.push(measured)
  if (record.type !== 'drilled' || record.result.outcome === 'interrupted') return
  const draft = components.get(record.result.component)
  if (draft !== undefined) draft.drilled ??= record
}

function noteRetention(draft: Draft | undefined, left: ComponentHistory['retentionLeft']): void {
  if (draft === undefined || draft.isRetained) return
  draft.isRetained = true
  draft.retentionLeft = left
}

/** The newest time that the journal knows of, be it of the future; and whether a person has said since that the clock is right. */
export function newestTrace(journal: Journal, now: Instant): Instant | undefined {
  let confirmed: number = -Infinity
  let newest: Instant | undefined
  for (const record of journal.newestFirst()) {
    if (record.type === 'clock-confirmed') confirmed = Math.max(confirmed, record.newestTrace)
    else if (newest === undefined || record.at > newest) newest = record.at
    // That a newer one is right has been said long ago, if ever.
    const isInDoubt = newest !== undefined && newest > now && newest > confirmed
    if (record.type === 'run-began' && record.at <= now && !isInDoubt) break
  }
  return newest !== undefined && newest > confirmed ? newest : undefined
}
