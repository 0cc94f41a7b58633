import type { Instant } from '../../domain/clock.ts'
import { offsetText, wallDay, wallStamp, wallText } from '../../policy/local-time.ts'

/**
 * Times for people, in the process's own zone, which compose.ts has set to the site's. Date knows that zone by itself; Intl,
 * which knows every zone, would cost a `status` as much as everything else that it does.
 */
export const offsetOf = (at: Instant): number => -new Date(at).getTimezoneOffset()

/** `Mon 26 Jan 2026 03:00 +08:00`, with seconds on request. */
export const timeText = (at: Instant, precision?: 'minutes' | 'seconds'): string => wallText(at, offsetOf(at), precision)

/** `26 Jan`, with the year where it is not that of another instant. */
export const dayText = (at: Instant, beside: Instant): string => wallDay(at, offsetOf(at), beside)

/** `2026-01-26 03:00:05`: what `restore --at` takes back. */
export const timeStamp = (at: Instant): string => wallStamp(at, offsetOf(at))

/** `2026-01-26 03:00:05+08:00`: the same, and also in the hour that comes twice there is but one of it. */
export const zonedStamp = (at: Instant): string => `${timeStamp(at)}${offsetText(offsetOf(at))}`
