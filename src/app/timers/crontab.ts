import { existsSync, readFileSync, realpathSync } from 'node:fs'
import type { Firing, Job } from '../../domain/job.ts'
import { shellWord } from '../../places/command-text.ts'
import { nextTime, nextTimes } from '../../policy/next-time.ts'
import { localParts, type LocalParts } from '../../policy/local-time.ts'
import { jobsOf, recurrenceOf, type ScheduleContext } from './schedule.ts'

/** The jobs as lines of root's crontab, for a machine without systemd, with remarks on what cron can't do. */
export function crontabOf(context: ScheduleContext, machineZone = zoneOfMachine()): string[] {
  const { site } = context
  const jobs = jobsOf(site)
  const remarks = [
    `# What ${site.name} does by itself, for root's crontab (crontab -e). Failures go to whoever gets root's mail; nothing that`,
    '# was missed while the machine was off is caught up on, and nothing waits for the network or the clock.',
    ...zoneRemarks(site.timeZone, machineZone),
    ...(jobs.some((job) => shifts(context, job, machineZone))
      ? [`# The clocks of the two zones change on different days: for part of the year these times are an hour off.`]
      : []),
  ]
  return [...remarks, ...jobs.map((job) => `${timesField(context, job, machineZone)} ${commandField(context, job)}`)]
}

function zoneRemarks(siteZone: string, machineZone: string): string[] {
  if (siteZone === machineZone) return []
  return [
    `# The site counts in ${siteZone}, this machine in ${machineZone}. Debian's cron knows no CRON_TZ, so the times below are the`,
    "# machine's; set its zone to the site's (timedatectl set-timezone) and they need no conversion.",
  ]
}

function timesField({ clock }: ScheduleContext, { firing }: Job, machineZone: string): string {
  if (firing.kind === 'interval') return `*/${Math.round(firing.every / 60_000)} * * * *`
  const { hour, minute, weekday } = localParts(nextTime(recurrenceOf(firing), clock.now()), machineZone)
  const days = { daily: '* * *', weekly: `* * ${weekday % 7}`, monthly: '1 * *' }[firing.rhythm]
  return `${minute} ${hour} ${days}`
}

/** Whether the machine's clock shows another time at some firing of the year ahead. */
function shifts({ clock }: ScheduleContext, { firing }: Job, machineZone: string): boolean {
  if (firing.kind === 'interval') return false
  const perYear: Record<Extract<Firing, { kind: 'calendar' }>['rhythm'], number> = { daily: 365, weekly: 52, monthly: 12 }
  const shown = ({ hour, minute }: LocalParts) => hour * 60 + minute
  const times = nextTimes(recurrenceOf(firing), clock.now(), perYear[firing.rhythm]).map((at) =>
    shown(localParts(at, machineZone)),
  )
  return new Set(times).size > 1
}

/** To cron a `%` is the end of the line. */
function commandField({ scheduler }: ScheduleContext, job: Job): string {
  const variables = Object.entries(scheduler.environment).map(([name, value]) => `${name}=${shellWord(value)}`)
  const words = [...new Set([...scheduler.commandOf(job), '--quiet'])].map(shellWord)
  return [...variables, ...words].join(' ').replaceAll('%', String.raw`\%`)
}

/** The zone that cron goes by: the process's own may have been set to the site's. */
function zoneOfMachine(): string {
  const [, zone] = existsSync('/etc/localtime') ? (/zoneinfo\/(.+)$/.exec(realpathSync('/etc/localtime')) ?? []) : []
  if (zone !== undefined) return zone
  return existsSync('/etc/timezone') ? readFileSync('/etc/timezone', 'utf8').trim() : 'UTC'
}
