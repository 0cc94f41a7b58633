import type { PostgresComponent } from '../../domain/site.ts'
import type { Machine } from '../../machine/port.ts'
import type { Place } from '../../places/place.ts'
import type { ObservedServer } from '../../sources/postgres/port.ts'
import type { SiteView } from '../site/context.ts'
import type { Notifier } from '../site/notifier.ts'

/** What a watch works with: a site, and what it loads only when there is something to ask or to tell. */
export interface WatchContext extends SiteView {
  readonly machine: Machine
  /** This machine. */
  readonly place: Place
  /** Finds the server of a database, here or in a container. */
  readonly serverOf: (component: PostgresComponent) => Promise<ObservedServer>
  readonly signal: AbortSignal
  readonly cacheDirectory: string
  /** Built only when there may be something to tell. */
  readonly notifier: () => Promise<Notifier>
  /** Runs a verb of Holdfast for this site, and gives its exit code. */
  readonly holdfast: (words: readonly string[]) => Promise<number>
  /** Makes a backup of a component and gives its exit code, or has systemd begin one, which takes its hours apart: then 0. */
  readonly beginBackup: (component: string) => Promise<number>
}
