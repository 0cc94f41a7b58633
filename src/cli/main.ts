#!/usr/bin/env node
import { exitCodeOf } from './output/error.ts'
import { isJournal, journalLines } from './output/journal-lines.ts'
import { plainCall } from './plain-call.ts'
import { showStatus } from './show-status.ts'
import { version } from './version.ts'
import { rememberedView } from './view.ts'

// A timer's ticks and shell prompts pay for start-up. What is imported above is in the program's first file, and does without
// a command line parser and without reading a configuration anew; everything else is loaded where it is needed.
const [, , ...argv] = process.argv
const [first] = argv
for (const output of [process.stdout, process.stderr]) muteOnceBroken(output)
if (isJournal(1)) gradeLines(process.stdout, '')
if (isJournal(2)) gradeLines(process.stderr, '<3>')
if (first === '--version' || first === '-V') {
  process.stdout.write(`holdfast ${version}\n`)
} else {
  void run()
}

async function run(): Promise<void> {
  const call = plainCall(argv)
  const isLook = call?.verb === 'status' || (call?.verb === 'watch' && call.components.length === 0)
  const view = isLook ? rememberedView(call.options) : undefined
  if (call !== undefined && view !== undefined) {
    process.exitCode = await exitCodeOf(argv, async () =>
      call.verb === 'status'
        ? showStatus(view, call.options, call.components)
        : (await import('./show-watch.ts')).showWatch(view, call.options, async () => (await import('./program.ts')).holdfast),
    )
  } else {
    const { runProgram } = await import('./program.ts')
    process.exitCode = await runProgram(argv)
  }
}

/** Whoever reads the journal of systemd can ask it for failures alone. */
function gradeLines(output: NodeJS.WriteStream, unmarked: '' | '<3>'): void {
  const grade = journalLines(unmarked)
  const write = output.write.bind(output)
  output.write = (text: string | Uint8Array, ...more: never[]) => write(typeof text === 'string' ? grade(text) : text, ...more)
}

/**
 * Who reads along may go away in the middle (`holdfast backup | head -1`), or keep it on a disk that fills up: that ends the
 * output, never the work, which goes on to its own end and exit code.
 */
function muteOnceBroken(output: NodeJS.WriteStream): void {
  output.on('error', () => {
    output.write = () => true
  })
}
