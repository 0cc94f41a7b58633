import { parseInstant, type Clock, type Instant } from '../../src/domain/clock.ts'

/** A clock that stands still; sleeping takes no time on it. */
export function fixedClock(time: string): Clock {
  const at: Instant = parseInstant(time)
  return { now: () => at, sleep: () => Promise.resolve() }
}
