import type { Instant } from '../domain/clock.ts'
import type { Job } from '../domain/job.ts'
import type { Change } from '../domain/plan.ts'

/** What would have to be changed for the units on this machine to be those of the jobs. */
export interface UnitPlan {
  /** In the order in which they are done. An update shows its diff as detail. */
  readonly changes: readonly Change[]
  /** Files by which somebody changed our units (`X.d/*.conf`). They stay as they are, whatever is planned. */
  readonly dropIns: readonly string[]
  /** What a person should know besides, a sentence each. */
  readonly notes: readonly string[]
}

/** How the last start of a unit ended, as systemd saw it. */
export interface UnitEnd {
  /** `success`, `exit-code`, `signal`, `timeout`, `oom-kill`, and whatever else systemd.exec(5) lists for SERVICE_RESULT. */
  readonly result: string
  /** `exited`, `killed`, `dumped`; undefined when no process was started. */
  readonly how: 'exited' | 'killed' | 'dumped' | undefined
  /** Exit code, or number of the signal. */
  readonly status: number
  readonly beganAt: Instant | undefined
  readonly endedAt: Instant | undefined
  /** What it may take at most, in words of systemd: `4d 1h`. */
  readonly limit: string
  /** The last lines that it left in the journal of systemd, oldest first. */
  readonly lines: readonly string[]
}

/** What makes jobs happen by themselves. */
export interface Scheduler {
  /** Throws `target-exists` for a unit that somebody else wrote, `unit-invalid` for one that systemd doesn't take. */
  plan(jobs: readonly Job[]): Promise<UnitPlan>
  /** The plan of taking away all that was ever written for this site. */
  planRemoval(): Promise<UnitPlan>
  /** The timer of a job. */
  timerOf(job: Job): string
  /** The words of the command that a job runs. */
  commandOf(job: Job): readonly string[]
  /** Variables that it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Throws `program-missing` without systemd, `not-root` for everybody else. */
  requireControl(): void
  /** Throws `unit-unknown` for a unit that systemd never heard of. */
  lastEnd(unit: string): Promise<UnitEnd>
}
