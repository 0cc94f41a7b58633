import type { SecretVariable } from './command.ts'
import type { Instruction } from './instruction.ts'
import type { RestorePoint } from './restore-point.ts'

/** Where a person restores with the engine alone, on a machine where nothing else is. */
export interface ManualRestoreRequest {
  /** Absolute path of a folder on that machine, for all that is needed and restored there. */
  readonly folder: string
  /** There, the PEM file of the authority that signed the storage's certificate, where that is a private one. */
  readonly caFile: string | undefined
  /** The user who will own a restored database there. */
  readonly user: string
  /** The newest point, and for a database the timeline of the newest window that begins with it. */
  readonly newest: { readonly point: RestorePoint; readonly timeline: number | undefined } | undefined
}

/** How that person goes about it. */
export interface ManualRestore {
  /** Debian's packages of the engine. */
  readonly packages: readonly string[]
  /** The oldest version that does; a later one reads what an older one wrote. */
  readonly oldestVersion: string
  /** The variables of the shell that the instructions expect the secrets in. */
  readonly secrets: readonly SecretVariable[]
  /** The last one leaves the data in `<folder>/<component>`: files below it at the paths that they had. */
  readonly instructions: readonly Instruction[]
}
