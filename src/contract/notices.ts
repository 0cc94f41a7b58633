import { noticeKinds } from '../domain/notice.ts'
import { choice, flag, instant, integer, list, object, of, optional, text, unlessUnknown, type Described } from './fields.ts'
import { delivery, error, pointName } from './shapes.ts'

const finding = object(
  {
    subject: text('what is wrong, in the same words as long as it lasts'),
    component: unlessUnknown(text('the component that it is about; absent where it is about all')),
    since: instant('since when'),
    error: of(error, 'what is wrong'),
  },
  'what there is to tell; absent when the unit is well, or its run told it',
)

const unitFields = {
  unit: text('the unit'),
  result: text('what systemd says: `success`, `exit-code`, `signal`, `timeout`, `oom-kill`…'),
  isToldAlready: flag('the run failed, and told why by itself'),
  finding: optional(finding),
}

export const unitReport = object(unitFields)

export const alert = {
  alert: object(
    {
      ...unitFields,
      notices: optional(list(delivery, 'how each channel took it; absent when there was nothing to tell')),
    },
    'how a unit of systemd ended',
  ),
}

const noticeKind = (meaning = '') => choice([...noticeKinds, 'test'], meaning)

export const notify = {
  notify: object(
    {
      site: text('the site'),
      kind: noticeKind('`test`, `heartbeat` or `summary`'),
      deliveries: list(delivery, 'one for each channel that is sent it; a test goes to all'),
    },
    'what was sent',
  ),
}

const noticeItem = object({
  subject: text('what is wrong, in the same words as long as it lasts: `run/logs`'),
  component: optional(text('the component; absent for what concerns the whole site')),
  since: instant('since when'),
  count: integer('how often it was seen'),
  error: of(error, 'what is wrong'),
  isReminder: optional(flag('true when it was told before and lasts')),
  lastGood: optional(pointName('the newest good restore point of the component, as far as the machine knows')),
  window: optional(object({ from: instant('its beginning'), to: instant('its end') }, 'what can be restored of a database')),
})

const evidenceLine = object({
  subject: text('what was looked at'),
  isGood: flag('whether it is well'),
  text: text('in words, without the time'),
  at: optional(instant('when it was seen; absent when it never was')),
})

const noticeFields = {
  kind: noticeKind(),
  site: text('the site'),
  at: instant('when it was written'),
  configuration: optional(text('the configuration, where the command line needs to be told')),
  items: optional(list(noticeItem, 'of a failure and an all-clear')),
  others: optional(text('how the other components are, in words')),
  evidence: optional(list(evidenceLine, 'of a heartbeat and a summary')),
}

export const notice = object(noticeFields)

/** What a webhook is sent. */
export const webhook = {
  ...noticeFields,
  title: text('its heading, in words for people'),
  text: text('the same in words for people'),
}

/** What became of a unit, and whether it is for an alert to tell. */
export type UnitReport = Described<typeof unitReport>
