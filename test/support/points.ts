import type { Instant } from '../../src/domain/clock.ts'
import type { RestorePoint } from '../../src/domain/restore-point.ts'
import { bytes } from '../../src/domain/size.ts'
import { instantOnWall } from '../../src/policy/calendar.ts'

/** An instant of a time on the wall in a zone, such as `2026-01-26 03:00`. */
export function wallInstant(text: string, timeZone: string): Instant {
  const [day = '', time = '00:00'] = text.split(' ')
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return instantOnWall(Date.parse(day) / 86_400_000, hours * 60 + minutes, timeZone)
}

/** A restore point as a test needs it; what isn't given is ordinary. */
export function pointAt(endedAt: Instant, given: Partial<RestorePoint> = {}): RestorePoint {
  return {
    id: new Date(endedAt).toISOString(),
    kind: 'snapshot',
    beganAt: endedAt,
    endedAt,
    addedBytes: bytes(1_000_000),
    dependsOn: [],
    hasErrors: false,
    tags: ['holdfast:documents'],
    ...given,
  }
}
