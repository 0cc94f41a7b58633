#!/usr/bin/env node
import { version } from './version.ts'

// A timer's ticks and shell prompts pay for start-up: what needs no command line parser doesn't load one.
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
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(argv)
}

/** `holdfast points | head` closes our output early; that is no failure. */
function quietOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  throw error
}
