import type { Place } from '../../places/place.ts'
import type { PlaceOf, SiteView } from '../site/context.ts'
import type { Notifier } from '../site/notifier.ts'

/** What a watch works with: a site, and what it loads only when there is something to ask or to tell. */
export interface WatchContext extends SiteView {
  /** This machine. */
  readonly place: Place
  /** Where the server of a database is asked: this machine, or a container. */
  readonly placeOf: PlaceOf
  readonly signal: AbortSignal
  readonly cacheDirectory: string
  /** Built only when there may be something to tell. */
  readonly notifier: () => Promise<Notifier>
  /** Runs a verb of Holdfast for this site, and gives its exit code. */
  readonly holdfast: (words: readonly string[]) => Promise<number>
  /** Makes a backup of a component and gives its exit code, or has systemd begin one, which takes its hours apart: then 0. */
  readonly beginBackup: (component: string) => Promise<number>
}
