import { exitCodeOf } from './output/error.ts'
import type { Outlet } from './output/outlet.ts'
import { Printer } from './output/printer.ts'
import { plainCall } from './plain-call.ts'
import { showStatus } from './show-status.ts'
import { version } from './version.ts'
import { rememberedView } from './view.ts'

/**
 * Runs a command line from beginning to end; gives back its exit code. A timer's ticks and shell prompts pay for start-up: what is
 * imported above is in the program's first file, and does without a command line parser and without reading a configuration anew.
 * Everything else is loaded where it is needed.
 */
export async function start(argv: readonly string[], outlet: Outlet): Promise<number> {
  const [first] = argv
  if (first === '--version' || first === '-V') {
    outlet.results.print([`holdfast ${version}`])
    return 0
  }
  const call = plainCall(argv)
  const isLook = call?.verb === 'status' || (call?.verb === 'watch' && call.components.length === 0)
  const view = isLook ? rememberedView(call.options) : undefined
  if (call === undefined || view === undefined) return (await import('./program.ts')).runProgram(argv, outlet)
  const printer = new Printer(outlet, call.options)
  return exitCodeOf(argv, outlet, async () =>
    call.verb === 'status'
      ? showStatus(view, printer, call.components)
      : (await import('./show-watch.ts')).showWatch(view, printer, async () => (await import('./program.ts')).holdfastOn(outlet)),
  )
}
