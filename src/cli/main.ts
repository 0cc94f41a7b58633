#!/usr/bin/env node
import { exitCodeOf } from './output/error.ts'
import { Outlet, processStreams } from './output/outlet.ts'
import { Printer } from './output/printer.ts'
import { plainCall } from './plain-call.ts'
import { showStatus } from './show-status.ts'
import { version } from './version.ts'
import { rememberedView } from './view.ts'

// A timer's ticks and shell prompts pay for start-up. What is imported above is in the program's first file, and does without
// a command line parser and without reading a configuration anew; everything else is loaded where it is needed.
const [, , ...argv] = process.argv
const [first] = argv
const outlet = new Outlet(processStreams())
if (first === '--version' || first === '-V') {
  outlet.results.print([`holdfast ${version}`])
} else {
  void run()
}

async function run(): Promise<void> {
  const call = plainCall(argv)
  const isLook = call?.verb === 'status' || (call?.verb === 'watch' && call.components.length === 0)
  const view = isLook ? rememberedView(call.options) : undefined
  if (call !== undefined && view !== undefined) {
    const printer = new Printer(outlet, call.options)
    process.exitCode = await exitCodeOf(argv, outlet, async () =>
      call.verb === 'status'
        ? showStatus(view, printer, call.components)
        : (await import('./show-watch.ts')).showWatch(view, printer, async () =>
            (await import('./program.ts')).holdfastOn(outlet),
          ),
    )
  } else {
    const { runProgram } = await import('./program.ts')
    process.exitCode = await runProgram(argv, outlet)
  }
}
