import { runDemo, type Narrator } from '../../demo/demo.ts'
import { formatDuration } from '../../domain/duration.ts'
import { systemClock } from '../../domain/clock.ts'
import { shellWord } from '../../places/command-text.ts'
import { createLocalPlace } from '../../places/local.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Holdfast } from '../holdfast.ts'
import type { GlobalOptions } from '../options.ts'
import { jsonDocument } from '../output/json.ts'
import { terminalOf } from '../output/terminal.ts'

interface DemoCommandOptions extends GlobalOptions {
  readonly s3?: boolean
  readonly keep?: boolean
}

export async function demo(
  options: DemoCommandOptions,
  _operands: readonly string[],
  { run }: Pick<Holdfast, 'run'>,
): Promise<number> {
  const silent = options.json === true || options.quiet === true
  const result = await runDemo({
    s3: options.s3 ?? false,
    keep: options.keep ?? false,
    place: createLocalPlace(),
    clock: systemClock,
    signal: stopSignal(),
    // In this very process: the story shows what a terminal shows, progress included.
    holdfast: (words) => run(silent ? [...words, '--quiet'] : words),
    narrator: silent ? silentNarrator : narratorOn(process.stdout),
  })
  if (options.json) process.stdout.write(`${jsonDocument({ demo: result })}\n`)
  else if (!silent) {
    const { paint } = terminalOf(process.stdout)
    process.stdout.write(
      `\n${paint('good', '✓')} ${result.proofs.length} comparisons, all equal, in ${formatDuration(result.durationMs)}; ` +
        `${result.kept ? `everything is left in ${result.root}` : 'everything was removed'}\n`,
    )
    if (result.kept) process.stdout.write(`${keptLines(result.root).join('\n')}\n`)
  }
  return 0
}

const silentNarrator: Narrator = {
  chapter: () => undefined,
  tell: () => undefined,
  types: () => undefined,
  proved: () => undefined,
}

function narratorOn(output: NodeJS.WriteStream): Narrator {
  const { paint } = terminalOf(output)
  let chapters = 0
  let afterHeading = false
  return {
    chapter: (title) => {
      chapters += 1
      afterHeading = true
      output.write(`\n${paint('bold', `${chapters}. ${title}`)}\n\n`)
    },
    tell: (line) => {
      afterHeading = false
      output.write(`  ${line}\n`)
    },
    types: (words) => {
      const gap = afterHeading ? '' : '\n'
      afterHeading = false
      output.write(`${gap}${paint('dim', '$')} ${['holdfast', ...words].map(shellWord).join(' ')}\n`)
    },
    proved: (what) => output.write(`  ${paint('good', '✓')} ${what}\n`),
  }
}

/** Servers are stopped; configuration, repositories and what was restored can be looked at. */
function keptLines(root: string): string[] {
  return [
    'to look around:',
    `  export HOLDFAST_CONFIG=${root}/site/holdfast.yaml HOLDFAST_STATE_DIR=${root}/state HOLDFAST_CACHE_DIR=${root}/cache HOLDFAST_RUNTIME_DIR=${root}/run`,
    '  holdfast points',
  ]
}
