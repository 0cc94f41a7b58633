import { backup } from './commands/backup.ts'
import type { Holdfast } from './holdfast.ts'
import { exitCodeOf } from './output/error.ts'
import { plainCall } from './plain-call.ts'

/** Runs a command line, and gives back its exit code. */
export function runProgram(argv: readonly string[]): Promise<number> {
  return exitCodeOf(argv, async () => {
    const call = plainCall(argv)
    // The verb that timers call doesn't wait for a parser that it doesn't need.
    if (call?.verb === 'backup') return backup(call.options, call.components)
    const { runCommandLine } = await import('./command-line.ts')
    return runCommandLine(argv, holdfast)
  })
}

export const holdfast: Holdfast = {
  run: runProgram,
  loadNotifier: async (view) => (await import('./notices.ts')).composeNotifier(view),
}
