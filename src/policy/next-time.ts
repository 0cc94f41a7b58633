import { instant, type Instant } from '../domain/clock.ts'

const dayMs = 86_400_000

/**
 * When a wall shows a time of day next.
 *
 * @param timeOfDay `03:00`
 * @param offsetOf how many minutes that wall is ahead of UTC at an instant
 */
export function nextOnWall(now: Instant, timeOfDay: string, offsetOf: (at: Instant) => number): Instant {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number)
  const today = Math.floor((now + offsetOf(now) * 60_000) / dayMs)
  for (let day = today; ; day += 1) {
    const onWall = day * dayMs + (hours * 60 + minutes) * 60_000
    const near = instant(onWall - offsetOf(instant(onWall)) * 60_000)
    const at = instant(onWall - offsetOf(near) * 60_000)
    if (at > now) return at
  }
}
