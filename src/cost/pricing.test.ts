import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { formatMoney, type Price } from '../domain/money.ts'
import type { Budget } from '../domain/site.ts'
import type { Storage, StoragePrices } from '../domain/storage.ts'
import { freeDownloadGb, keepingPrice, restoringPrice } from './pricing.ts'

const bucket = (host: string, region: string, prices?: StoragePrices): Storage => ({
  ...{ kind: 's3', bucket: 'backups', port: 443, pathStyle: false, caFile: undefined, prefix: undefined, prices },
  ...{ host, region },
})
const sydney = bucket('s3.ap-southeast-2.amazonaws.com', 'ap-southeast-2')
const own = bucket('s3.example.org', 'us-east-1')
const budgetOf = (usdPerUnit: number | undefined, taxPercent = 0): Budget => ({
  monthly: 5,
  currency: 'AUD',
  usdPerUnit,
  taxPercent,
})

const text = (price: Price): string => ('unknown' in price ? price.unknown : formatMoney(price))

describe('the price of what is kept', () => {
  test('is that of S3 Standard in the region, in US dollars before tax', () => {
    expect(keepingPrice(20e9, { storage: sydney, budget: undefined })).toEqual({ currency: 'USD', amount: 0.5 })
  })

  test('comes in the budget’s currency, with its tax, once the budget has a rate', () => {
    expect(keepingPrice(20e9, { storage: sydney, budget: budgetOf(undefined, 10) })).toEqual({ currency: 'USD', amount: 0.5 })
    expect(keepingPrice(26e9, { storage: sydney, budget: budgetOf(0.65, 10) })).toEqual({ currency: 'AUD', amount: 1.1 })
  })

  test('is nothing in a folder', () => {
    expect(keepingPrice(20e9, { storage: { kind: 'directory', path: '/mnt' }, budget: undefined })).toMatchObject({ amount: 0 })
  })

  test('is not known of another service, nor of a region that the price book lacks, until the configuration tells', () => {
    expect(text(keepingPrice(1e9, { storage: own, budget: undefined }))).toBe('not an AWS bucket')
    const far = bucket('s3.mars-north-1.amazonaws.com', 'mars-north-1')
    expect(text(keepingPrice(1e9, { storage: far, budget: undefined }))).toBe('no price list for region mars-north-1')
    const prices = { usdPerGbMonth: 0.015, usdPerGbDownloaded: 0, freeGbDownloaded: 0, usdPerThousandGets: 0.00036 }
    const told = bucket('s3.example.org', 'auto', prices)
    expect(keepingPrice(10e9, { storage: told, budget: undefined })).toEqual({ currency: 'USD', amount: 0.15 })
    expect(text(restoringPrice(10e9, { storage: told, budget: undefined }))).toBe('less than USD 0.01')
  })

  test('told by the configuration goes over that of the price book', () => {
    const prices = { usdPerGbMonth: 1, usdPerGbDownloaded: 0, freeGbDownloaded: 0, usdPerThousandGets: 0 }
    const told = bucket('s3.ap-southeast-2.amazonaws.com', 'ap-southeast-2', prices)
    expect(keepingPrice(2e9, { storage: told, budget: undefined })).toEqual({ currency: 'USD', amount: 2 })
  })
})

describe('the price of a restore', () => {
  test('is its download and its requests, as if nothing were left of what is free', () => {
    // 4 GB: 0.456 for the download, and 1,000 requests.
    expect(restoringPrice(4e9, { storage: sydney, budget: undefined })).toEqual({ currency: 'USD', amount: 0.45644 })
    expect(freeDownloadGb(sydney)).toBe(100)
    expect(freeDownloadGb(own)).toBe(0)
  })

  test('never falls when more is fetched, and is never nothing for something', () => {
    const priceOf = (size: number) => restoringPrice(size, { storage: sydney, budget: budgetOf(0.65, 10) })
    const amount = (size: number) => (priceOf(size) as { amount: number }).amount
    const sizes = fc.integer({ min: 1, max: 1e13 })
    fc.assert(
      fc.property(sizes, sizes, (one, more) => {
        expect(amount(one)).toBeGreaterThan(0)
        expect(amount(one + more)).toBeGreaterThanOrEqual(amount(one))
      }),
    )
  })
})

test('money has two places, and less than a cent is said to be that', () => {
  expect(formatMoney({ currency: 'USD', amount: 12.345 })).toBe('USD 12.35')
  expect(formatMoney({ currency: 'USD', amount: 0.004 })).toBe('less than USD 0.01')
  expect(formatMoney({ currency: 'AUD', amount: 0 })).toBe('AUD 0.00')
})
