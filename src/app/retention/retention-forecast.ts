import { instant, type Instant } from '../../domain/clock.ts'
import { dayMs } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { instantOnWall } from '../../policy/calendar.ts'
import { forecastRetention, type Forecast } from '../../policy/retention-forecast.ts'
import type { AppContext } from '../site/context.ts'
import type { ComponentRetention } from './retain.ts'
import { readHistory, retentionFacts } from './retention-facts.ts'

/** Further ahead nothing of today's sizes or rhythm would be true. */
const furthestMs = 30 * 366 * dayMs

/** The end of a forecast: the end of a day in the site's zone, such as `2029-01-01`. Throws `usage`. */
export function untilOf(text: string, now: Instant, timeZone: string): Instant {
  const midnight = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text)
  const until = isDay ? instantOnWall(midnight / dayMs + 1, 0, timeZone) : undefined
  if (until !== undefined && until > now && until <= now + furthestMs) return instant(until - 1)
  throw new HoldfastError('usage', `--until ${JSON.stringify(text)} is not a day to look ahead to`, {
    hint: 'give a day of the next thirty years, such as 2029-01-01',
  })
}

/** What would stand then, if the site goes on backing up every day as it does now. */
export function forecastOf(context: AppContext, planned: ComponentRetention, until: Instant): Forecast {
  const { component, points, plannedAt } = planned
  const [hours = 3, minutes = 0] = context.site.schedule.backup.split(':').map(Number)
  return forecastRetention({
    points,
    policy: component.retention,
    facts: retentionFacts(component, points, readHistory(context.journal).of(component.name)),
    timeZone: context.site.timeZone,
    now: plannedAt,
    until,
    backupMinute: hours * 60 + minutes,
    kinds: component.source.kind === 'postgres' ? component.source : undefined,
  })
}
