import type { Progress } from '../../domain/events.ts'
import type { Component, Site } from '../../domain/site.ts'
import type { FetchedKit } from '../kit/fetch-kit.ts'
import type { AppContext } from '../site/context.ts'
import type { OpenRecovery } from './recovery-record.ts'

/** What a recovery begins with. */
export interface Recovery {
  /** Without components: enough for the storage, the kit and the machine itself. */
  readonly bare: AppContext
  /** The site as its configuration describes it; not on this machine yet. */
  readonly site: Site
  readonly kit: FetchedKit | undefined
  readonly progress: OpenRecovery
  /** Puts holdfast.yaml, and what it points to, in its place; says what was written. */
  readonly placeConfiguration: (keepsOther: boolean) => string[]
  readonly placeSecrets: () => string[]
  /** The whole context, from what lies in its place by now. */
  readonly compose: () => Promise<AppContext>
  /** A time as a person writes it; the newest of everything when left out. */
  readonly at: string | undefined
  /** Components whose files may be written over what lies in their place. */
  readonly overwrite: readonly string[]
}

export interface RecoverStep {
  readonly id: string
  /** What it will do, for the plan: `restore PostgreSQL 15 to /var/lib/postgresql/15/main`. */
  readonly what: string
  readonly detail: readonly string[]
  /** What it brings back, when that is a component. */
  readonly component?: Component
  /** Does it and looks at the result; what was seen comes back. */
  run(report: (progress: Progress) => void): Promise<readonly string[]>
}
