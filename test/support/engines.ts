/** The restic and pgBackRest that one Debian release ships. */
export interface EnginePair {
  readonly name: string
  /** Absolute paths. */
  readonly restic: string
  readonly pgbackrest: string
  readonly versions: { readonly restic: string; readonly pgbackrest: string }
}
