import type { EngineName } from '../../domain/repository.ts'
import { join } from 'node:path'
import { flag, listOf, number, object, oneOf, optional, text } from '../../disk/shape.ts'
import { defineStateFile } from '../../disk/state-file.ts'
import { HoldfastError } from '../../domain/errors.ts'

/** What a recovery kit says of its site: kit.json. Nothing in it is secret, but it lies encrypted all the same. */
export interface KitManifest {
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

export const kitFiles = {
  manifest: 'kit.json',
  configuration: 'holdfast.yaml',
  authority: 'storage-ca.pem',
  runbook: 'RESTORE.md',
  clusterFolder: (component: string) => join('postgresql', component),
} as const

export const kitManifests = defineStateFile<KitManifest>({
  what: 'the manifest of the recovery kit',
  version: 1,
  shape: object<KitManifest>({
    site: text,
    number: number(),
    madeAt: text,
    machine: text,
    versions: object<KitManifest['versions']>({
      holdfast: text,
      node: text,
      system: optional(text),
      restic: optional(text),
      pgbackrest: optional(text),
    }),
    configuration: object<KitManifest['configuration']>({ file: text, secrets: text }),
    components: listOf(
      object<KitEntry>({
        name: text,
        engine: oneOf('restic', 'pgbackrest'),
        repository: text,
        newest: optional(object<NonNullable<KitEntry['newest']>>({ id: text, at: text })),
        paths: optional(listOf(text)),
        cluster: optional(
          object<KitCluster>({
            dataDirectory: text,
            stanza: text,
            major: optional(text),
            owner: optional(text),
            port: optional(number()),
            debian: flag,
          }),
        ),
      }),
    ),
  }),
  mode: 0o600,
  folderMode: 0o700,
  keep: 'cache',
  isForPeople: true,
  whenUnusable: {
    code: 'kit-unreadable',
    hint: () =>
      'of a newer Holdfast: install the newer one, then run holdfast recover again; else put the holdfast.yaml of the site in its place by hand, and run it again: it needs no kit then',
  },
})

/** Reads the manifest of a kit. Throws `kit-unreadable` when it isn't whole, or is of a newer Holdfast. */
export function readManifest(folder: string): KitManifest {
  const manifest = kitManifests.read(join(folder, kitFiles.manifest))
  if (manifest !== undefined) return manifest
  throw new HoldfastError('kit-unreadable', `the recovery kit has no ${kitFiles.manifest}`, {
    hint: 'put the holdfast.yaml of the site in its place by hand, and run holdfast recover again: it needs no kit then',
  })
}
