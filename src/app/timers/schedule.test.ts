import { describe, expect, it } from 'vitest'
import { instant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import type { Job } from '../../domain/job.ts'
import type { Site } from '../../domain/site.ts'
import type { Scheduler } from '../../schedule/port.ts'
import { crontabOf } from './crontab.ts'
import { jobsOf, planSchedule, type ScheduleContext } from './schedule.ts'

const siteWith = (schedule: Partial<Site['schedule']>, timeZone = 'Australia/Perth'): Site =>
  ({
    name: 'pi-hosting',
    timeZone,
    schedule: { backup: '03:00', drill: 'monthly', heartbeat: 'weekly', summary: 'never', ...schedule },
    components: [{ deadline: duration(24, 'h') }, { deadline: duration(2, 'h') }],
  }) as unknown as Site

const scheduler = {
  plan: () => Promise.resolve({ changes: [], dropIns: [], notes: [] }),
  timerOf: ({ name }: Job) => `${name}.timer`,
  commandOf: ({ verb }: Job) => ['/opt/100%/holdfast', ...verb],
  environment: { HOLDFAST_STATE_DIR: '/srv/50% state' },
} as unknown as Scheduler

const contextOf = (site: Site): ScheduleContext =>
  ({ site, scheduler, clock: { now: () => instant(Date.UTC(2026, 8, 1)) } }) as unknown as ScheduleContext

const named = (site: Site, name: string): Job | undefined => jobsOf(site).find((job) => job.name === name)

describe('the jobs of a site', () => {
  it('are what the schedule asks for', () => {
    const site = siteWith({})
    expect(jobsOf(site).map(({ name }) => name)).toEqual(['backup', 'watch', 'drill', 'heartbeat'])
    expect(named(site, 'drill')?.firing).toMatchObject({ rhythm: 'monthly', minuteOfDay: 300 })
    expect(named(site, 'heartbeat')?.firing).toMatchObject({ rhythm: 'weekly', minuteOfDay: 540 })
  })

  it('are none that never happen', () => {
    expect(jobsOf(siteWith({ drill: 'never', heartbeat: 'never' })).map(({ name }) => name)).toEqual(['backup', 'watch'])
  })

  it('may take as long as all components together, and two hours', () => {
    expect(named(siteWith({}), 'backup')?.longest).toBe(duration(28, 'h'))
  })

  it('follow a backup late in the evening on the next day', () => {
    expect(named(siteWith({ backup: '23:30' }), 'drill')?.firing).toMatchObject({ minuteOfDay: 90 })
  })
})

describe('the plan', () => {
  it('says on which days the clocks pass over a time, or show it twice', async () => {
    const { timers } = await planSchedule(contextOf(siteWith({ backup: '02:30' }, 'Australia/Sydney')))
    expect(timers.find(({ name }) => name === 'backup')?.notes).toEqual([
      'on 2026-10-04 the clocks go from +10:00 to +11:00 and pass over 02:30: it does not fire that day',
      'on 2027-04-04 the clocks go from +11:00 to +10:00 and show 02:30 twice: it fires the first time',
    ])
  })
})

describe('lines of a crontab', () => {
  const jobLines = (site: Site, machineZone: string): string[] =>
    crontabOf(contextOf(site), machineZone).filter((line) => !line.startsWith('#'))

  it('fire at the times of the site, on a machine in the same zone', () => {
    expect(jobLines(siteWith({}), 'Australia/Perth')).toEqual([
      String.raw`0 3 * * * HOLDFAST_STATE_DIR='/srv/50\% state' /opt/100\%/holdfast backup --quiet`,
      String.raw`*/5 * * * * HOLDFAST_STATE_DIR='/srv/50\% state' /opt/100\%/holdfast watch --quiet`,
      String.raw`0 5 1 * * HOLDFAST_STATE_DIR='/srv/50\% state' /opt/100\%/holdfast drill --quiet`,
      String.raw`0 9 * * 1 HOLDFAST_STATE_DIR='/srv/50\% state' /opt/100\%/holdfast notify heartbeat --quiet`,
    ])
  })

  it('are converted for a machine in another zone, where Monday may still be Sunday', () => {
    const lines = jobLines(siteWith({ heartbeat: 'weekly' }, 'Pacific/Auckland'), 'UTC')
    expect(lines[0]).toMatch(/^0 15 \* \* \* /)
    expect(lines[3]).toMatch(/^0 21 \* \* 0 /)
  })

  it('say so where the zones differ, and where their clocks change apart', () => {
    const remarks = (zone: string, machineZone: string) => crontabOf(contextOf(siteWith({}, zone)), machineZone).join('\n')
    expect(remarks('Australia/Perth', 'Australia/Perth')).not.toContain('CRON_TZ')
    expect(remarks('Australia/Perth', 'UTC')).toContain('no CRON_TZ')
    expect(remarks('Australia/Perth', 'UTC')).not.toContain('an hour off')
    expect(remarks('Australia/Sydney', 'UTC')).toContain('an hour off')
  })
})
