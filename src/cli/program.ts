import { exitCodeOf } from './output/error.ts'
import { plainCall } from './plain-call.ts'

/** Runs a command line, and gives back its exit code. */
export function runProgram(argv: readonly string[]): Promise<number> {
  return exitCodeOf(argv, async () => {
    const call = plainCall(argv)
    // The one verb that timers call and that has to be cheap: without a parser where it needs none.
    if (call?.verb === 'backup') {
      const { backup } = await import('./commands/backup.ts')
      return backup(call.options, call.components)
    }
    const { runCommandLine } = await import('./command-line.ts')
    return runCommandLine(argv)
  })
}
