/** An amount of data in bytes. */
export type Bytes = number & { readonly unit: 'B' }

const unitBytes: Record<string, number> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

export const sizeForm = 'a number and a unit, such as 500MB, 64MiB or 2GB'

export const bytes = (amount: number): Bytes => amount as Bytes

/** Reads `500MB` (decimal) and `64MiB` (binary). Undefined for anything else, a bare number included. */
export function parseSize(text: string): Bytes | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT]?i?B)$/.exec(text.trim())
  if (!match) return undefined
  const [, amount, unit = ''] = match
  const factor = unitBytes[unit === 'KB' ? 'kB' : unit === 'kiB' ? 'KiB' : unit]
  return factor === undefined ? undefined : bytes(Math.round(Number(amount) * factor))
}

/** Decimal units and three figures: `14 kB`, `41.2 MB`, `1.62 GB`. */
export function formatSize(amount: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = Math.abs(amount)
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const decimals = unit < 2 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${amount < 0 ? '-' : ''}${value.toFixed(decimals)} ${units[unit]}`
}
