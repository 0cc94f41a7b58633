import { listOf, object, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'

/** What stands in the storage, in `<site>/holdfast/lease.json`: which machine backs up the site. */
export interface Lease {
  /** Host name of that machine. */
  readonly holder: string
  /** A digest of its /etc/machine-id, which a copied disk shares with its original. */
  readonly machine: string
  /** Since when it is the one, by its own clock. For people only. */
  readonly since: string
  /** A new one with each run: only who wrote the last one knows it. */
  readonly token: string
}

/** One that cannot be used is nobody's: nobody can say whose it is. */
export const leases = defineStateFile<Lease>({
  what: 'the lease of a site',
  version: 1,
  shape: object<Lease>({ holder: text, machine: text, since: text, token: text }),
  mode: 0o600,
  folderMode: 0o755,
  keep: 'durable',
  whenUnusable: 'ignored',
})

/** Tokens of the last lease that this machine wrote, and of those that it began to write since. */
interface LeaseTokens {
  readonly tokens: readonly string[]
}

/** Without it this machine is a stranger to its own site, which is the careful answer; a power cut must not bring that about. */
export const leaseTokens = defineStateFile<LeaseTokens>({
  what: 'what this machine wrote into the lease of its site',
  version: 1,
  shape: object<LeaseTokens>({ tokens: listOf(text) }),
  mode: 0o600,
  folderMode: 0o755,
  keep: 'durable',
  whenUnusable: 'ignored',
})
