import type { JobTimes } from '../../contract/setup.ts'
import { duration, type Duration } from '../../domain/duration.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { timeOfDay, type Firing, type Job, type Rhythm } from '../../domain/job.ts'
import type { Change } from '../../domain/plan.ts'
import type { Period, Site } from '../../domain/site.ts'
import { offsetAt } from '../../policy/local-time.ts'
import { drillMinute, minuteOf, nextTimes, oddDays, type OddDay, type Recurrence } from '../../policy/next-time.ts'
import type { Scheduler } from '../../schedule/port.ts'
import type { SiteView } from '../site/context.ts'

export interface ScheduleContext extends SiteView {
  readonly scheduler: Scheduler
}

export interface SchedulePlan {
  readonly changes: readonly Change[]
  readonly timers: readonly JobTimes[]
  readonly dropIns: readonly string[]
  readonly notes: readonly string[]
}

/** Beside the deadlines of all components: an hour of waiting for others, and one for retention and the recovery kit. */
const aroundTheSteps = duration(2, 'h')

/** What a site does by itself: what `schedule:` says. */
export function jobsOf(site: Site): Job[] {
  const { backup, drill, heartbeat, summary } = site.schedule
  const backupMinute = minuteOf(backup)
  const longestRun = (site.components.reduce((sum, component) => sum + component.deadline, 0) + aroundTheSteps) as Duration
  const jobs: (Job | undefined)[] = [
    {
      name: 'backup',
      description: 'backup',
      verb: ['backup'],
      // Somebody may be at work by hand at that hour.
      options: ['--wait', '1h'],
      fineExits: [],
      firing: onCalendar(site, 'daily', backupMinute),
      longest: longestRun,
      reachesData: true,
      isHeavy: true,
    },
    {
      name: 'watch',
      description: 'watch',
      verb: ['watch'],
      options: ['--quiet'],
      fineExits: [exitCodes.breached],
      // By interval: a clock that is wrong must not keep it from noticing.
      firing: { kind: 'interval', every: duration(5, 'm'), afterBoot: duration(2, 'm') },
      // A listing of an archive may take some of it. What takes hours, it has systemd begin.
      longest: duration(15, 'm'),
      reachesData: true,
      isHeavy: false,
    },
    ofPeriod(drill, (rhythm) => ({
      name: 'drill',
      description: 'drill',
      verb: ['drill'],
      // The run may not have ended yet.
      options: ['--wait', '1h', '--quiet'],
      fineExits: [],
      firing: onCalendar(site, rhythm, drillMinute(backup)),
      longest: longestRun,
      reachesData: true,
      isHeavy: true,
      restores: true,
    })),
    ofPeriod(heartbeat, (rhythm) => noticeJob(site, 'heartbeat', rhythm)),
    ofPeriod(summary, (rhythm) => noticeJob(site, 'summary', rhythm)),
  ]
  return jobs.filter((job) => job !== undefined)
}

/** A message when people are awake. */
const noticeJob = (site: Site, name: 'heartbeat' | 'summary', rhythm: Rhythm): Job => ({
  name,
  description: name,
  verb: ['notify', name],
  options: [],
  fineExits: [],
  firing: onCalendar(site, rhythm, 9 * 60),
  longest: duration(15, 'm'),
  reachesData: false,
  isHeavy: false,
})

const onCalendar = (site: Site, rhythm: Rhythm, minuteOfDay: number): Firing => ({
  kind: 'calendar',
  rhythm,
  minuteOfDay,
  timeZone: site.timeZone,
})

const ofPeriod = (period: Period, job: (rhythm: Rhythm) => Job): Job | undefined => (period === 'never' ? undefined : job(period))

/** What would be changed for the schedule to be that of the configuration, and when its jobs come next. */
export async function planSchedule(context: ScheduleContext): Promise<SchedulePlan> {
  const jobs = jobsOf(context.site)
  const plan = await context.scheduler.plan(jobs)
  return { ...plan, timers: jobs.map((job) => timesOf(context, job)) }
}

/** What would be taken away. */
export async function planScheduleRemoval({ scheduler }: ScheduleContext): Promise<SchedulePlan> {
  return { ...(await scheduler.planRemoval()), timers: [] }
}

function timesOf({ clock, scheduler }: ScheduleContext, job: Job): JobTimes {
  const { firing, name } = job
  const shared = { name, timer: scheduler.timerOf(job), command: scheduler.commandOf(job) }
  if (firing.kind === 'interval') return { ...shared, next: [], everyMs: firing.every, notes: [] }
  const now = clock.now()
  return {
    ...shared,
    next: nextTimes(recurrenceOf(firing), now, 3).map((at) => ({ at })),
    notes: oddDays(recurrenceOf(firing), now).map((odd) => oddText(odd, timeOfDay(firing.minuteOfDay))),
  }
}

export const recurrenceOf = ({ rhythm, minuteOfDay, timeZone }: Extract<Firing, { kind: 'calendar' }>): Recurrence => ({
  rhythm,
  minuteOfDay,
  offsetOf: (at) => offsetAt(at, timeZone),
})

const oddText = ({ kind, day, before, after }: OddDay, time: string): string =>
  kind === 'skipped'
    ? `on ${day} the clocks go from ${before} to ${after} and pass over ${time}: it does not fire that day`
    : `on ${day} the clocks go from ${before} to ${after} and show ${time} twice: it fires the first time`
