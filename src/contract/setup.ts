import { instant, list, milliseconds, object, of, optional, text, texts, type Described } from './fields.ts'
import { error, planItem } from './shapes.ts'

export const setupPlan = {
  site: text('the site'),
  items: list(planItem, 'what would be changed, in its order; empty when nothing is missing'),
  failures: optional(
    list(
      object({ component: text('the component'), error: of(error, 'why') }),
      'components that could not be looked at; the exit code is 3 then; absent when all could be',
    ),
  ),
}

export const setupApply = {
  site: text('the site'),
  applied: list(planItem, 'what was done, in its order'),
  postponed: list(
    planItem,
    'what interrupts something and nobody agreed to, which `--yes` does; what only a person can do; what waits for either. With any of these the exit code is 3',
  ),
}

export const jobTimes = object({
  name: text('`backup`, `watch`, `drill`, `heartbeat`, `summary`'),
  timer: text('the unit of systemd'),
  command: texts('what it runs'),
  next: list(
    object({ at: instant('when it fires, up to five minutes before it begins') }),
    'the next three times; empty for what fires by interval',
  ),
  everyMs: optional(milliseconds('how often it fires; absent for what goes by the calendar')),
  notes: texts('what the clocks of the zone do to it within a year'),
})

const scheduleFields = {
  timers: list(jobTimes, 'what happens by itself; empty after `schedule remove`'),
  dropIns: texts('files by which somebody changed the units; they stay'),
  notes: texts('what is not as it could be on this machine'),
}

export const schedulePlan = {
  site: text('the site'),
  timeZone: text('its time zone'),
  items: list(planItem, 'what would be changed, in its order; the `detail` of a file is its diff'),
  ...scheduleFields,
}

export const scheduleCrontab = {
  site: text('the site'),
  crontab: texts('with `--cron`, beside `site` alone: lines of a crontab'),
}

export const scheduleApply = {
  site: text('the site'),
  timeZone: text('its time zone'),
  applied: list(planItem, 'what was done, in its order'),
  ...scheduleFields,
}

/** When a job comes next. */
export type JobTimes = Described<typeof jobTimes>
