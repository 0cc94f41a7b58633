import type { Money, Price } from '../domain/money.ts'
import type { Budget, Site } from '../domain/site.ts'
import type { Storage, StoragePrices } from '../domain/storage.ts'
import { pricesOfRegion } from './price-book.ts'

/** What a price follows from. */
export type Priced = Pick<Site, 'storage' | 'budget'>

/** What it costs to keep some bytes for a month. */
export function keepingPrice(sizeBytes: number, { storage, budget }: Priced): Price {
  const prices = pricesOf(storage)
  return 'unknown' in prices ? prices : inBudget((sizeBytes / 1e9) * prices.usdPerGbMonth, budget)
}

/**
 * restic's packs have 16 MiB and pgBackRest's bundles 20 MiB, but the last of each is smaller, large files and WAL have their
 * own objects, and indexes are read too. Requests are a thousandth of the price of a download, so that a rough count does.
 */
const bytesPerGet = 4e6

/** What it costs at most to fetch some bytes, when nothing of what is free each month is left. */
export function restoringPrice(sizeBytes: number, { storage, budget }: Priced): Price {
  const prices = pricesOf(storage)
  if ('unknown' in prices) return prices
  const requests = Math.ceil(sizeBytes / bytesPerGet)
  return inBudget((requests / 1000) * prices.usdPerThousandGets + (sizeBytes / 1e9) * prices.usdPerGbDownloaded, budget)
}

/** GB a month that the account of a storage downloads for nothing; 0 where none are, or none are known. */
export function freeDownloadGb(storage: Storage): number {
  const prices = pricesOf(storage)
  return 'unknown' in prices ? 0 : prices.freeGbDownloaded
}

const nothingToPay: StoragePrices = { usdPerGbMonth: 0, usdPerGbDownloaded: 0, freeGbDownloaded: 0, usdPerThousandGets: 0 }

function pricesOf(storage: Storage): StoragePrices | { readonly unknown: string } {
  if (storage.kind === 'directory') return nothingToPay
  if (storage.prices !== undefined) return storage.prices
  if (!/\.amazonaws\.com(\.cn)?$/.test(storage.host)) return { unknown: 'not an AWS bucket' }
  return pricesOfRegion(storage.region) ?? { unknown: `no price list for region ${storage.region}` }
}

/** In the budget's currency, with its tax, where the budget says what one of it is worth; else in US dollars before tax. */
function inBudget(usd: number, budget: Budget | undefined): Money {
  if (budget?.usdPerUnit === undefined) return { currency: 'USD', amount: toMillionths(usd) }
  return { currency: budget.currency, amount: toMillionths((usd / budget.usdPerUnit) * (1 + budget.taxPercent / 100)) }
}

/** Upwards: what is not free must not look free. What floating point adds is taken out. */
const toMillionths = (amount: number): number => Math.max(0, Math.ceil(amount * 1e6 - 1e-6)) / 1e6
