import type { StoragePrices } from '../domain/storage.ts'

/**
 * S3 Standard at AWS, the first tier of each price, read on 2025-08-28; such prices change every few years. Sydney: the price list
 * `offers/v1.0/aws/AmazonS3/current/ap-southeast-2`, usage types `APS2-…`. Virginia: the pricing page of S3. Neither
 * holds tax: an Australian account pays 10 % GST on top.
 */
const priceBook: Readonly<Record<string, StoragePrices>> = {
  'ap-southeast-2': { usdPerGbMonth: 0.025, usdPerGbDownloaded: 0.114, freeGbDownloaded: 100, usdPerThousandGets: 0.00044 },
  'us-east-1': { usdPerGbMonth: 0.023, usdPerGbDownloaded: 0.09, freeGbDownloaded: 100, usdPerThousandGets: 0.0004 },
}

/** When the prices of the book were read. */
export const priceBookDate = '2025-08-28'

/** What S3 Standard costs in a region of AWS; undefined for one that the book doesn't hold. */
export const pricesOfRegion = (region: string): StoragePrices | undefined => priceBook[region]
