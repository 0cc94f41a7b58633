/** What holds the repositories of a site. */
export interface StorageCheck {
  /**
   * Asks one cheap question that only a working storage answers well. Throws the precise reason when it doesn't:
   * `storage-unreachable`, `storage-certificate`, `storage-denied`, `storage-region`, `bucket-missing`, `repository-missing`.
   */
  check(signal: AbortSignal): Promise<void>
}
