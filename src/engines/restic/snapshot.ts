/** A snapshot in restic's own JSON. */
export interface Snapshot {
  readonly id: string
  /** The id that it was made with, when its tags have been changed since. */
  readonly original?: string
  readonly tree?: string
  readonly time: string
  readonly tags?: readonly string[] | null
  /** From 0.17. */
  readonly summary?: {
    readonly backup_start?: string
    readonly backup_end?: string
    readonly total_bytes_processed?: number
    readonly data_added?: number
    readonly data_added_packed?: number
  }
}
