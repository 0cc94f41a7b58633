import type { Instant } from '../../domain/clock.ts'
import { errorRecord, type ErrorCode, type ErrorRecord } from '../../domain/errors.ts'
import type { RetentionResult, StepResult } from '../../domain/events.ts'
import type { Finding, Findings } from '../../domain/finding.ts'
import type { Delivery } from '../../domain/notice.ts'
import type { AppContext } from '../site/context.ts'
import { beginSubject } from '../evidence/notice-state.ts'
import { longestUnwatchedByRuns, watchSilence } from '../../policy/watch-silence.ts'
import { readWatch } from '../../state/watch-memory.ts'

/**
 * Tells of a run while it goes: a step that fails is told at once, not at the end of a night's work. Nobody waits for a channel
 * until the run is over.
 */
export interface RunNotices {
  stepEnded(result: StepResult, pending: readonly string[]): void
  /** Tells the rest, and gives back how every channel took it. */
  ended(run: {
    readonly errors: readonly ErrorRecord[]
    readonly steps: readonly StepResult[]
    readonly retention: readonly RetentionResult[]
    readonly isInterrupted: boolean
    readonly isDone: boolean
  }): Promise<readonly Delivery[]>
}

export function runNotices(context: AppContext, runId: string): RunNotices {
  const { notifier, clock, machine, site } = context
  const deliveries: Delivery[] = []
  const begun = notifier.ping('start', runId)
  // One after the other, so that what failed first is told first; a dead man's switch that is slow keeps nobody waiting.
  let told = Promise.resolve()
  const tell = (work: () => Promise<readonly Delivery[]>) => {
    told = told.then(async () => void deliveries.push(...(await work())))
  }
  // What fails while another notice is on its way goes into one message: a dead storage fails every step.
  let gathered: Findings | undefined
  const tellGathered = async () => {
    const findings = gathered
    gathered = undefined
    return findings === undefined ? [] : notifier.report(findings)
  }
  const silenceAt = (now: Instant) =>
    watchSilence(readWatch(context)?.at, { now, uptimeMs: machine.boot().uptimeMs }, longestUnwatchedByRuns)
  return {
    stepEnded(result, pending) {
      if (result.outcome === 'interrupted' || result.outcome === 'done') return
      const { looked = [], found = [] } = gathered ?? {}
      gathered = { looked: [...looked, stepSubject(result.component)], found: [...found, stepFinding(result)], pending }
      tell(tellGathered)
    },
    async ended({ errors, steps, retention, isInterrupted, isDone }) {
      const now = clock.now()
      const seen = steps.filter(({ outcome }) => outcome === 'done')
      const retained = retention.filter(({ outcome }) => outcome !== 'interrupted')
      const silence = isInterrupted ? undefined : silenceAt(now)
      const looked = [
        ...[beginSubject, ...(isInterrupted ? [] : ['site/run', watchSubject])],
        ...seen.map(({ component }) => stepSubject(component)),
        ...retained.map(({ component }) => retentionSubject(component)),
      ]
      const found = [
        ...retained.flatMap((result) => retentionFinding(result, now)),
        ...(silence === undefined ? [] : [{ subject: watchSubject, component: undefined, since: now, error: silence }]),
        ...errors.slice(0, 1).map((error): Finding => ({ subject: 'site/run', component: undefined, since: now, error })),
      ]
      tell(() => notifier.report({ looked, found }))
      if (!isInterrupted) {
        const words = `${site.name} ${runId}: ${seen.length} of ${steps.length} done`
        // Of a run of some components the switch would believe that all of them are well.
        const isWhole = site.components.every(({ name }) => steps.some(({ component }) => component === name))
        const signal = isDone ? (isWhole ? 'success' : undefined) : 'fail'
        tell(async () =>
          [...(await begun), ...(signal === undefined ? [] : await notifier.ping(signal, words))].filter(isTrouble),
        )
      }
      await told
      return summedUp([...notifier.unusable, ...deliveries])
    },
  }
}

const watchSubject = 'site/watch'
const stepSubject = (component: string): string => `run/${component}`
const retentionSubject = (component: string): string => `retention/${component}`

function stepFinding({ component, errors, beganAt, durationMs }: StepResult): Finding {
  const [first, ...others] = errors
  const error: ErrorRecord = first ?? { code: 'unexpected', message: 'it failed without a word' }
  const more = others.length === 0 ? '' : `; and ${others.length} more ${others.length === 1 ? 'error' : 'errors'}`
  const since = (beganAt + durationMs) as Instant
  return { subject: stepSubject(component), component, since, error: { ...error, message: `${error.message}${more}` } }
}

function retentionFinding({ component, error }: RetentionResult, now: Instant): Finding[] {
  return error === undefined ? [] : [{ subject: retentionSubject(component), component, since: now, error }]
}

/** Errors of whoever sits at a terminal, and of a run that another one made needless. */
const notWorthTelling: ReadonlySet<ErrorCode> = new Set(['usage', 'locked', 'interrupted'])

/**
 * Tells that no run could begin, if it is known whom to tell.
 *
 * @param isWatched somebody sits at the terminal, and has read it already
 */
export async function tellUnbegun(
  teller: Pick<AppContext, 'notifier' | 'clock'> | undefined,
  thrown: unknown,
  isWatched: boolean,
): Promise<void> {
  const error = errorRecord(thrown)
  if (teller === undefined || isWatched || notWorthTelling.has(error.code)) return
  const { notifier, clock } = teller
  const finding: Finding = { subject: beginSubject, component: undefined, since: clock.now(), error }
  await notifier.report({ looked: [], found: [finding] })
  await notifier.ping('fail', error.message)
}

/** That a dead man's switch heard what it should is no news. */
const isTrouble = ({ outcome }: Delivery): boolean => outcome !== 'delivered'

/** One word for each channel: how it took the last that it was told. */
export const summedUp = (deliveries: readonly Delivery[]): Delivery[] => [
  ...new Map(deliveries.map((delivery) => [delivery.channel, delivery])).values(),
]
