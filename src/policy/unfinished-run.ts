import { isAhead, type Instant } from '../domain/clock.ts'

/** A record of the journal, as far as it matters here. */
interface RunTrace {
  readonly type: string
  readonly at: Instant
  readonly runId?: string
}

export interface RunBegin {
  readonly runId: string
  readonly at: Instant
}

/** Whether the newest run has ended, found out by records that are shown to it, newest first. */
export class NewestRun {
  readonly #now: Instant
  readonly #ended = new Set<string | undefined>()
  #began: RunBegin | undefined
  #isOver = false

  constructor(now: Instant) {
    this.#now = now
  }

  see({ type, at, runId }: RunTrace): void {
    // Its end has another time when the clock was set in between: of the future, or of a month long ago.
    if (type === 'run-ended') this.#ended.add(runId)
    if (this.isFound || isAhead(at, this.#now)) return
    if (type === 'run-began' && runId !== undefined) this.#began = { runId, at }
    // The mirror of a journal ends before its last run does, on a machine that is gone.
    this.#isOver = type === 'run-ended' || type === 'recovered'
  }

  get isFound(): boolean {
    return this.#isOver || this.#began !== undefined
  }

  /** It began and no end of it was shown: it goes on, was killed, or the machine died. */
  get unfinished(): RunBegin | undefined {
    return this.#ended.has(this.#began?.runId) ? undefined : this.#began
  }
}

/** The newest run, when it began but has no end anywhere. */
export function unfinishedRun(newestFirst: Iterable<RunTrace>, now: Instant): RunBegin | undefined {
  const run = new NewestRun(now)
  for (const record of newestFirst) {
    run.see(record)
    if (run.isFound && run.unfinished === undefined) return undefined
  }
  return run.unfinished
}
