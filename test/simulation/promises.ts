import type { SimulatedPolicy } from './timed-site.ts'

/**
 * What the policy promises, said as plainly as a person would, in code that shares nothing with Holdfast's: it must not be
 * wrong in the same way.
 */

/** A point that was taken, and what the component held then. */
export interface TakenPoint {
  readonly component: 'documents' | 'database'
  readonly id: string
  /** Milliseconds since 1970, simulated. */
  readonly at: number
  /** `2031-03-30`, in the zone of the site. */
  readonly date: string
  readonly digest: string
  pinned: boolean
}

/** Days and months of which a point must be there. A day without a backup is not a day that counts. */
export function promisedPeriods(taken: readonly TakenPoint[], policy: SimulatedPolicy): { days: string[]; months: string[] } {
  const daysBackedUp = [...new Set(taken.map((point) => point.date))].toSorted()
  const monthsBackedUp = [...new Set(taken.map((point) => point.date.slice(0, 7)))].toSorted()
  const months = policy.monthly === 'forever' ? monthsBackedUp : monthsBackedUp.slice(-policy.monthly)
  return { days: daysBackedUp.slice(-policy.daily), months }
}

/** What is missing of that, in words; nothing when the promise is kept. */
export function brokenPromises(taken: readonly TakenPoint[], existing: ReadonlySet<string>, policy: SimulatedPolicy): string[] {
  const there = taken.filter((point) => existing.has(point.id))
  const { days, months } = promisedPeriods(taken, policy)
  const broken: string[] = []
  for (const day of days) if (!there.some((point) => point.date === day)) broken.push(`no point of ${day}`)
  for (const month of months) if (!there.some((point) => point.date.startsWith(month))) broken.push(`no point of ${month}`)
  for (const point of taken) if (point.pinned && !existing.has(point.id)) broken.push(`${point.id} was pinned and is gone`)
  const newest = taken.at(-1)
  if (newest !== undefined && !existing.has(newest.id)) broken.push(`${newest.id} was the newest and is gone`)
  return broken
}

/** A day's, a month's, the pinned, and what a differential needs: no more than this many may be there. */
export function mostPoints(taken: readonly TakenPoint[], policy: SimulatedPolicy): number {
  const { days, months } = promisedPeriods(taken, policy)
  const pinned = taken.filter((point) => point.pinned).length
  // The base backup that the window begins with, the one that was restored last, the fulls of both; and the full of each month
  // that the days reach into.
  const needed = 4 + new Set(days.map((day) => day.slice(0, 7))).size
  return days.length + months.length + pinned * 2 + needed
}

/** A stretch of time in which the database held what is known here. */
export interface Era {
  readonly timeline: number
  /** From when on any second of it must be restorable. */
  from: number
  /** Until when its WAL is in the archive; an era that is over ends there. */
  to: number
  readonly commits: { readonly at: number; readonly digest: string; readonly rows: ReadonlyMap<number, string> }[]
}

/** The last commit at or before an instant. */
export function commitAt(era: Era, at: number): Era['commits'][number] {
  const commit = era.commits.findLast((candidate) => candidate.at <= at)
  if (commit === undefined) throw new Error(`nothing is known of ${new Date(at).toISOString()}`)
  return commit
}

interface Window {
  readonly from: string
  readonly to: string
  readonly timeline: number
}

/** Seconds of the promised days that no window claims; nothing when the windows are whole. */
export function unclaimed(eras: readonly Era[], since: number, windows: readonly Window[]): string[] {
  return eras.flatMap((era) => {
    let reached = Math.max(since, era.from)
    const own = windows.filter((window) => window.timeline === era.timeline)
    for (const window of own.toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from))) {
      if (Date.parse(window.from) <= reached) reached = Math.max(reached, Date.parse(window.to))
    }
    // The archive tells whole seconds.
    if (reached >= era.to - 1000) return []
    return [`no window from ${new Date(reached).toISOString()} to ${new Date(era.to).toISOString()}`]
  })
}
