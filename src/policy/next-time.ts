import { instant, type Instant } from '../domain/clock.ts'
import type { Rhythm } from '../domain/job.ts'

const dayMs = 86_400_000

/** Two hours after the backup: what is tested is that day's, the full one of the month where drills are monthly. */
const drillAfterMinutes = 120

/** When a drill is due, by the time of day of the backup: `05:00` after `03:00`. */
export function drillTime(backup: string): string {
  const minute = (minuteOf(backup) + drillAfterMinutes) % (24 * 60)
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Minutes since midnight of a time of day. */
export function minuteOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number)
  return hours * 60 + minutes
}

/**
 * When a wall shows a time of day next: on any day, on a Monday, or on the first of a month.
 *
 * @param offsetOf how many minutes that wall is ahead of UTC at an instant
 */
export function nextOfRhythm(now: Instant, rhythm: Rhythm, timeOfDay: string, offsetOf: (at: Instant) => number): Instant {
  const today = Math.floor((now + offsetOf(now) * 60_000) / dayMs)
  for (let day = today; ; day += 1) {
    if (!firesOn(rhythm, day)) continue
    const onWall = day * dayMs + minuteOf(timeOfDay) * 60_000
    const near = instant(onWall - offsetOf(instant(onWall)) * 60_000)
    const at = instant(onWall - offsetOf(near) * 60_000)
    if (at > now) return at
  }
}

/** Whether a rhythm has something on a day, counted from 1970-01-01. */
export function firesOn(rhythm: Rhythm, day: number): boolean {
  const date = new Date(day * dayMs)
  if (rhythm === 'weekly') return date.getUTCDay() === 1
  return rhythm === 'daily' || date.getUTCDate() === 1
}

/** When a wall shows a time of day next. */
export const nextOnWall = (now: Instant, timeOfDay: string, offsetOf: (at: Instant) => number): Instant =>
  nextOfRhythm(now, 'daily', timeOfDay, offsetOf)
