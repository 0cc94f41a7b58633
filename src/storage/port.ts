/** What holds the repositories of a site, and the few small objects that Holdfast itself keeps beside them. */
export interface SiteStorage {
  /**
   * Asks one cheap question that only a working storage answers well. Throws the precise reason when it doesn't:
   * `storage-unreachable`, `storage-certificate`, `storage-denied`, `storage-region`, `bucket-missing`, `repository-missing`.
   */
  check(signal: AbortSignal): Promise<void>
  /** A small object below `<site>/holdfast/`; undefined when there is none. */
  readObject(name: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Replaces an object as a whole. */
  writeObject(name: string, content: Uint8Array, signal: AbortSignal): Promise<void>
  /** Writes an object that isn't there yet; false when there is one. */
  createObject(name: string, content: Uint8Array, signal: AbortSignal): Promise<boolean>
  /**
   * Names of the folders in a folder of the storage; none when it isn't there.
   *
   * @param folder relative to the folder of all sites, such as `pi-hosting`; empty for that folder itself
   */
  listFolders(folder: string, signal: AbortSignal): Promise<string[]>
}
