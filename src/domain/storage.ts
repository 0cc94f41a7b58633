/** What a provider asks, in US dollars before tax. A GB has 10⁹ bytes. */
export interface StoragePrices {
  readonly usdPerGbMonth: number
  /** For what leaves the provider's network. */
  readonly usdPerGbDownloaded: number
  /** Of that, what is free each month, in GB: for the whole account and not for one bucket alone. */
  readonly freeGbDownloaded: number
  readonly usdPerThousandGets: number
}

/** Where a site keeps its repositories. */
export type Storage =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 's3'
      readonly host: string
      readonly port: number
      readonly bucket: string
      readonly region: string
      readonly pathStyle: boolean
      readonly caFile: string | undefined
      readonly prefix: string | undefined
      /** As a person wrote them; undefined: as the price book knows them. */
      readonly prices: StoragePrices | undefined
    }
