import { Temporal } from 'temporal-polyfill'
import { instant, type Instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'

export const restoreTimeForm =
  "'2026-01-26 14:30:05' in the site's zone, or with a zone: '2026-01-26 14:30:05+08:00', '2026-01-26T06:30:05Z', '2026-01-26 14:30:05 Australia/Perth'"

/**
 * Reads the time that somebody wants back. Throws `target-time` when it is not a time, when daylight saving skipped it, or
 * when it happened twice; the last names both readings.
 */
export function parseRestoreTime(text: string, siteZone: string): Instant {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?|[A-Za-z_]+\/[A-Za-z0-9_/+-]+)?$/.exec(
      text.trim(),
    )
  if (!match) throw notATime(text)
  const [, date = '', clock = '00:00', zone] = match
  const local = readPlain(text, date, clock)
  if (zone !== undefined && /^[+-]/.test(zone)) return withOffset(text, local, zone)
  const zoneName = zone === undefined ? siteZone : zone === 'Z' ? 'UTC' : zone
  const readings = readingsOf(text, local, zoneName)
  const [earlier, later] = readings
  if (earlier.epochMilliseconds === later.epochMilliseconds) return instant(earlier.epochMilliseconds)
  if (earlier.toPlainDateTime().equals(local) && later.toPlainDateTime().equals(local)) {
    throw new HoldfastError('target-time', `${text} happened twice in ${zoneName}: daylight saving ended`, {
      hint: `say which: --at '${written(earlier)}' or --at '${written(later)}'`,
    })
  }
  throw new HoldfastError('target-time', `${text} never happened in ${zoneName}: daylight saving skipped it`, {
    hint: `the nearest readings are --at '${written(earlier)}' and --at '${written(later)}'`,
  })
}

function readPlain(text: string, date: string, clock: string): Temporal.PlainDateTime {
  try {
    return Temporal.PlainDateTime.from(`${date}T${clock.padStart(clock.indexOf(':') === 1 ? clock.length + 1 : 0, '0')}`, {
      overflow: 'reject',
    })
  } catch {
    throw notATime(text)
  }
}

function withOffset(text: string, local: Temporal.PlainDateTime, offset: string): Instant {
  const digits = offset.replace(':', '').padEnd(5, '0')
  try {
    return instant(Temporal.Instant.from(`${local.toString()}${digits.slice(0, 3)}:${digits.slice(3)}`).epochMilliseconds)
  } catch {
    throw notATime(text)
  }
}

function readingsOf(text: string, local: Temporal.PlainDateTime, zone: string): [Temporal.ZonedDateTime, Temporal.ZonedDateTime] {
  try {
    return [local.toZonedDateTime(zone, { disambiguation: 'earlier' }), local.toZonedDateTime(zone, { disambiguation: 'later' })]
  } catch {
    throw new HoldfastError('target-time', `${zone} in ${JSON.stringify(text)} is not a time zone`, {
      hint: `expected ${restoreTimeForm}`,
    })
  }
}

const written = (time: Temporal.ZonedDateTime): string =>
  time.toString({ timeZoneName: 'never', smallestUnit: 'second' }).replace('T', ' ')

function notATime(text: string): HoldfastError {
  return new HoldfastError('target-time', `${JSON.stringify(text)} is not a time`, { hint: `expected ${restoreTimeForm}` })
}
