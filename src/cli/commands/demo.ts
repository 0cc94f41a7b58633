import { runDemo, type Narrator } from '../../demo/demo.ts'
import { formatDuration } from '../../domain/duration.ts'
import { systemClock } from '../../domain/clock.ts'
import { shellWord } from '../../places/command-text.ts'
import { createLocalPlace } from '../../places/local.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Holdfast } from '../holdfast.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'

interface DemoCommandOptions extends GlobalOptions {
  readonly s3?: boolean
  readonly keep?: boolean
}

export async function demo(
  options: DemoCommandOptions,
  console: Console,
  _operands: readonly string[],
  { run }: Pick<Holdfast, 'run'>,
): Promise<number> {
  const result = await runDemo({
    s3: options.s3 ?? false,
    keep: options.keep ?? false,
    place: createLocalPlace(),
    clock: systemClock,
    signal: stopSignal(),
    // In this very process: the story shows what a terminal shows, progress included.
    holdfast: (words) => run(console.isTalking ? words : [...words, '--quiet']),
    narrator: narratorOn(console),
  })
  console.print({ demo: result }, ({ paint }) => [
    '',
    `${paint('good', '✓')} ${result.proofs.length} comparisons, all equal, in ${formatDuration(result.durationMs)}; ${
      result.kept ? `everything is left in ${result.root}` : 'everything was removed'
    }`,
    ...(result.kept ? keptLines(result.root) : []),
  ])
  return 0
}

function narratorOn(console: Console): Narrator {
  let chapters = 0
  let afterHeading = false
  return {
    chapter: (title) => {
      chapters += 1
      afterHeading = true
      console.tell(({ paint }) => ['', paint('bold', `${chapters}. ${title}`), ''])
    },
    tell: (line) => {
      afterHeading = false
      console.tell(() => [`  ${line}`])
    },
    types: (words) => {
      const gap = afterHeading ? [] : ['']
      afterHeading = false
      console.tell(({ paint }) => [...gap, `${paint('dim', '$')} ${['holdfast', ...words].map(shellWord).join(' ')}`])
    },
    proved: (what) => console.tell(({ paint }) => [`  ${paint('good', '✓')} ${what}`]),
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
