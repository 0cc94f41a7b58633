import type { SiteView } from '../app/context.ts'
import type { Notifier } from '../app/notifier.ts'
import { backup } from './commands/backup.ts'
import { exitCodeOf } from './output/error.ts'
import { plainCall } from './plain-call.ts'

/** Runs a command line, and gives back its exit code. */
export function runProgram(argv: readonly string[]): Promise<number> {
  return exitCodeOf(argv, async () => {
    const call = plainCall(argv)
    // The verb that timers call doesn't wait for a parser that it doesn't need.
    if (call?.verb === 'backup') return backup(call.options, call.components)
    const { runCommandLine } = await import('./command-line.ts')
    return runCommandLine(argv)
  })
}

/** For the watch, which has nothing to tell most of the time. */
export async function loadNotifier(view: SiteView): Promise<Notifier> {
  return (await import('./notices.ts')).composeNotifier(view)
}
