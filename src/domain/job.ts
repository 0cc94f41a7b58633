import type { Duration } from './duration.ts'

/** How often something happens by itself, on the calendar of a time zone. */
export type Rhythm = 'daily' | 'weekly' | 'monthly'

/**
 * When a job fires. On the calendar: at a time of day, every day, every Monday or on the first of every month. By interval: so
 * long after the last time, whatever the clock says.
 */
export type Firing =
  | {
      readonly kind: 'calendar'
      readonly rhythm: Rhythm
      readonly minuteOfDay: number
      readonly timeZone: string
    }
  | { readonly kind: 'interval'; readonly every: Duration; readonly afterBoot: Duration }

/** Something that a site does by itself: a verb, and when. */
export interface Job {
  /** Part of the names of its units. */
  readonly name: string
  readonly description: string
  /** The words of the command line, and what follows them. */
  readonly verb: readonly string[]
  readonly options: readonly string[]
  readonly firing: Firing
  /** Exit codes that are no failure of the job: what it looked at is not well, and it said so. */
  readonly fineExits: readonly number[]
  /** What takes longer has failed, and is stopped. */
  readonly longest: Duration
  /** Asks databases and engines, where they are; else it only reads what is written down, and tells it. */
  readonly reachesData: boolean
  /** Moves data for minutes or hours: it waits for the network and the clock, steps aside for others, and keeps the machine awake. */
  readonly isHeavy: boolean
  /** Writes files as they were somewhere else: set-user-id bits and capabilities included. */
  readonly restores?: boolean
}

/** `03:00` of a minute of the day. */
export const timeOfDay = (minuteOfDay: number): string =>
  [Math.floor(minuteOfDay / 60), minuteOfDay % 60].map((part) => String(part).padStart(2, '0')).join(':')
