import { defined } from '../../domain/defined.ts'
import { parseInstant, type Instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import { shellWord } from '../../places/command-text.ts'
import { planRecovery, recoveryFileOf, selectSteps } from './recover.ts'
import type { OpenRecovery } from './recovery-record.ts'
import type { RecoveredStep, RecoveryRecord } from '../../state/recovery-record.ts'
import type { Recovery, RecoverStep } from './step.ts'

/** What is asked of people while a machine is recovered, and what they see of it. */
export interface RecoverListener {
  readonly planned: (steps: readonly RecoverStep[], record: RecoveryRecord) => void
  /** Whether each step is agreed to, one way or another; nothing is begun where nobody can. */
  readonly canAgree: boolean
  readonly agree: (step: RecoverStep) => Promise<boolean>
  /** A step begins; what comes back is told of its progress, and that it has ended, well or not. */
  readonly begin: (step: RecoverStep) => { readonly report: (progress: Progress) => void; readonly clear: () => void }
  readonly done: (step: RecoverStep, result: RecoveredStep) => void
}

/** What was done, by this session and those before, and what is still to do. */
export interface RecoveryReport {
  readonly site: string
  /** All steps are done. */
  readonly whole: boolean
  readonly durationMs: number
  readonly steps: readonly {
    readonly step: string
    readonly what: string
    readonly done: boolean
    readonly beganAt?: Instant
    readonly durationMs?: number
    readonly evidence: readonly string[]
  }[]
}

export interface RecoveryOutcome {
  readonly report: RecoveryReport
  /** Steps that nobody agreed to. */
  readonly left: readonly string[]
}

/**
 * Goes through what is left of a recovery, or through the named steps, also when they were done before. What was done is remembered
 * step by step, so a session that is killed goes on from there. Throws `target-exists` for a recovery that is over, or was begun as of
 * another time.
 *
 * @param names steps; all that are left when none is named
 */
export async function recoverInSteps(
  recovery: Recovery,
  names: readonly string[],
  listener: RecoverListener,
): Promise<RecoveryOutcome> {
  const { progress, at, bare, site } = recovery
  const steps = planRecovery(recovery)
  const wanted = selectSteps(steps, names)
  if (names.length === 0) refuseFinished(recoveryFileOf(bare.stateDirectory), at, steps, progress.record)
  progress.record.at = at
  listener.planned(steps, progress.record)
  if (!listener.canAgree) {
    throw new HoldfastError('usage', 'nobody is there to answer, so nothing was done', {
      hint: 'on a terminal each step is asked for; holdfast recover --yes goes through all of them',
    })
  }
  const left: string[] = []
  for (const step of wanted) {
    if (names.length === 0 && progress.record.steps[step.id]?.endedAt !== undefined) continue
    if (await listener.agree(step)) await runStep(step, progress, listener)
    else left.push(step.id)
  }
  return { report: recoveryReport(site.name, steps, progress.record), left }
}

async function runStep(step: RecoverStep, progress: OpenRecovery, { begin, done }: RecoverListener): Promise<void> {
  progress.begin(step.id)
  const { report, clear } = begin(step)
  const evidence = await step.run(report).finally(clear)
  done(step, progress.end(step.id, evidence))
}

/** What was brought back long ago, or as of another time, is not what somebody wants who asks for all of it now. */
export function refuseFinished(
  file: string,
  at: string | undefined,
  steps: readonly Pick<RecoverStep, 'id'>[],
  record: RecoveryRecord,
): void {
  const ends = steps.map(({ id }) => record.steps[id]?.endedAt)
  const last = ends
    .flatMap((end) => end ?? [])
    .toSorted()
    .at(-1)
  const isFinished = ends.every((end) => end !== undefined)
  if (!isFinished && (last === undefined || record.at === at)) return
  const when = `${(last ?? '').slice(0, 16).replace('T', ' ')} UTC, ${record.at === undefined ? 'to the newest of then' : `as of ${record.at}`}`
  const anew = `to begin anew, after seeing to what lies in its places: rm ${shellWord(file)}`
  if (isFinished) {
    throw new HoldfastError('target-exists', `this machine was recovered already, by ${when}`, {
      hint: `if that is what you want to go on with: holdfast recover --take-over; ${anew}`,
    })
  }
  throw new HoldfastError('target-exists', `a recovery of this machine was begun, which came to ${when}`, {
    hint: `to go on with that: holdfast recover${record.at === undefined ? '' : ` --at ${shellWord(record.at)}`}; ${anew}`,
  })
}

export function recoveryReport(
  site: string,
  steps: readonly Pick<RecoverStep, 'id' | 'what'>[],
  record: RecoveryRecord,
): RecoveryReport {
  const rows = steps.map(({ id, what }): RecoveryReport['steps'][number] => {
    const { begunAt, endedAt, durationMs, evidence = [] } = record.steps[id] ?? {}
    return {
      ...{ step: id, what, done: endedAt !== undefined },
      ...(begunAt === undefined ? {} : { beganAt: parseInstant(begunAt) }),
      ...defined({ durationMs }),
      evidence,
    }
  })
  const durationMs = rows.reduce((total, row) => total + (row.durationMs ?? 0), 0)
  return { site, whole: rows.every(({ done }) => done), durationMs, steps: rows }
}
