/** A length of time in milliseconds. */
export type Duration = number & { readonly unit: 'ms' }

const unitMilliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

type DurationUnit = keyof typeof unitMilliseconds

export const durationForm = 'a number and a unit, such as 90s, 30m, 2h, 7d or 1h30m'

export function duration(amount: number, unit: DurationUnit): Duration {
  return (amount * unitMilliseconds[unit]) as Duration
}

/** A day of 24 hours, as the arithmetic of calendars counts. */
export const dayMs: number = unitMilliseconds.d

/** Reads `30m`, `1h30m`, `7d`. Undefined for anything else, a bare number included: a length needs its unit. */
export function parseDuration(text: string): Duration | undefined {
  const compact = text.trim()
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(compact)) return undefined
  let total = 0
  for (const [, amount, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    total += Number(amount) * unitMilliseconds[unit as DurationUnit]
  }
  const rounded = Math.round(total)
  return Number.isSafeInteger(rounded) && rounded > 0 ? (rounded as Duration) : undefined
}

/** The exact length in the form that `parseDuration` reads: `1h30m`. */
export function writeDuration(length: Duration): string {
  let rest: number = length
  const parts: string[] = []
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const amount = Math.floor(rest / unitMilliseconds[unit])
    rest -= amount * unitMilliseconds[unit]
    if (amount > 0) parts.push(`${amount}${unit}`)
  }
  return parts.join('')
}

/** Two units at most, the way people say it: `45s`, `2m 18s`, `3h 5m`, `12d 4h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ')
}
