#!/usr/bin/env node
import { exitCodeOf } from './output/error.ts'
import { plainCall } from './plain-call.ts'
import { showStatus } from './show-status.ts'
import { version } from './version.ts'
import { rememberedView } from './view.ts'

// A timer's ticks and shell prompts pay for start-up. What is imported above is in the program's first file, and does without
// a command line parser and without reading a configuration anew; everything else is loaded where it is needed.
const [, , ...argv] = process.argv
const [first] = argv
if (first === '--version' || first === '-V') {
  process.stdout.write(`holdfast ${version}\n`)
} else {
  process.stdout.on('error', quietOnClosedPipe)
  process.stderr.on('error', quietOnClosedPipe)
  void run()
}

async function run(): Promise<void> {
  const call = plainCall(argv)
  const view = call?.verb === 'status' ? rememberedView(call.options) : undefined
  if (call !== undefined && view !== undefined) {
    process.exitCode = await exitCodeOf(argv, () => showStatus(view, call.options, call.components))
  } else {
    const { runProgram } = await import('./program.ts')
    process.exitCode = await runProgram(argv)
  }
}

/** `holdfast points | head` closes our output early; that is no failure. */
function quietOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  throw error
}
