import type { Notifier } from '../app/site/notifier.ts'
import type { SiteView } from '../app/site/context.ts'

/** Holdfast itself, handed to a verb that calls others: none imports the command line that it is a part of. */
export interface Holdfast {
  /** Runs a command line, and gives back its exit code. */
  readonly run: (argv: readonly string[]) => Promise<number>
  /** For the watch, which has nothing to tell most of the time. */
  readonly loadNotifier: (view: SiteView) => Promise<Notifier>
}
