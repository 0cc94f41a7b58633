import type { EngineName } from '../../domain/repository.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import { systemErrorText } from '../../domain/system-error-text.ts'

/** What a recovery kit says of its site: kit.json. Nothing in it is secret, but it lies encrypted all the same. */
export interface KitManifest {
  readonly format: typeof kitFormat
  readonly site: string
  /** Counts up with each version. */
  readonly number: number
  /** ISO 8601 in UTC, like all times in it. */
  readonly madeAt: string
  /** Host name of the machine that made it. */
  readonly machine: string
  readonly versions: {
    readonly holdfast: string
    readonly node: string
    readonly system?: string
    readonly restic?: string
    readonly pgbackrest?: string
  }
  /** Where holdfast.yaml and the secrets were. */
  readonly configuration: { readonly file: string; readonly secrets: string }
  readonly components: readonly KitEntry[]
}

export interface KitEntry {
  readonly name: string
  readonly engine: EngineName
  readonly repository: string
  /** The newest restore point that the machine knew of. */
  readonly newest?: { readonly id: string; readonly at: string }
  readonly paths?: readonly string[]
  readonly cluster?: KitCluster
}

export interface KitCluster {
  readonly dataDirectory: string
  readonly stanza: string
  /** Such as `15`: no other major version can read the data. */
  readonly major?: string
  /** Name of the operating-system user that owns it. */
  readonly owner?: string
  readonly port?: number
  /** True when Debian's pg_ctlcluster manages it; its configuration is in the kit then, below `postgresql/<component>`. */
  readonly debian: boolean
}

/** Counts up when an older Holdfast could not read a kit any more. */
export const kitFormat = 1

export const kitFiles = {
  manifest: 'kit.json',
  configuration: 'holdfast.yaml',
  authority: 'storage-ca.pem',
  runbook: 'RESTORE.md',
  clusterFolder: (component: string) => join('postgresql', component),
} as const

/** Reads the manifest of a kit. Throws `kit-unreadable` when it isn't whole, or is of a newer Holdfast. */
export function readManifest(folder: string): KitManifest {
  const file = join(folder, kitFiles.manifest)
  let manifest: Partial<KitManifest>
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as Partial<KitManifest>
  } catch (error) {
    throw new HoldfastError('kit-unreadable', `the recovery kit cannot be read: ${systemErrorText(error)}`, {
      hint: 'put the holdfast.yaml of the site in its place by hand, and run holdfast recover again: it needs no kit then',
      cause: error,
    })
  }
  const { format, versions } = manifest
  if (typeof format === 'number' && format > kitFormat) {
    throw new HoldfastError(
      'kit-unreadable',
      `the recovery kit was written by a newer Holdfast (${versions?.holdfast ?? 'of an unknown version'}, kit format ${format})`,
      { hint: `this one reads kits up to format ${kitFormat}: install the newer one, then run holdfast recover again` },
    )
  }
  return manifest as KitManifest
}
