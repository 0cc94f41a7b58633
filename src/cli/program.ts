import { backup } from './commands/backup.ts'
import type { Holdfast } from './holdfast.ts'
import { Console } from './output/console.ts'
import { exitCodeOf } from './output/error.ts'
import type { Outlet } from './output/outlet.ts'
import { plainCall } from './plain-call.ts'

/** Runs a command line, and gives back its exit code. */
export function runProgram(argv: readonly string[], outlet: Outlet): Promise<number> {
  return exitCodeOf(argv, outlet, async () => {
    const call = plainCall(argv)
    // The verb that timers call doesn't wait for a parser that it doesn't need.
    if (call?.verb === 'backup') return backup(call.options, new Console(outlet, call.options), call.components)
    const { runCommandLine } = await import('./command-line.ts')
    return runCommandLine(argv, outlet, holdfastOn(outlet))
  })
}

export const holdfastOn = (outlet: Outlet): Holdfast => ({
  run: (argv) => runProgram(argv, outlet),
  loadNotifier: async (view) => (await import('./notices.ts')).composeNotifier(view),
})
