import { watch } from '../app/watch.ts'
import type { SiteView } from '../app/context.ts'
import { duration } from '../domain/duration.ts'
import { errorCatalogue } from '../domain/errors.ts'
import { createLocalPlace } from '../places/local.ts'
import type { Place } from '../places/place.ts'
import type { GlobalOptions } from './options.ts'
import { jsonDocument } from './output/json.ts'
import { terminalOf } from './output/terminal.ts'
import { watchLines } from './output/watch-view.ts'
import { placesOf } from './places.ts'
import { stopSignal } from './stop-signal.ts'
import { cacheOf } from './view.ts'

/** One look, told and shown; gives back the exit code. It reads no configuration and no secret unless there is something to do. */
export async function showWatch(view: SiteView, options: GlobalOptions): Promise<number> {
  const { site } = view
  const place = createLocalPlace()
  const holdfast = async (words: readonly string[]) =>
    (await import('./program.ts')).runProgram([...words, '--quiet', '--config', site.file])
  const report = await watch({
    ...view,
    placeOf: placesOf(site, place),
    signal: stopSignal(),
    cacheDirectory: cacheOf(site),
    notifier: async () => (await import('./program.ts')).loadNotifier(view),
    holdfast,
    begin: async (words) => (await beginApart(place, [...words, '--quiet', '--config', site.file])) ?? holdfast(words),
  })
  const isWell = report.checks.every(({ error }) => error === undefined)
  if (options.json) process.stdout.write(`${jsonDocument({ watch: report })}\n`)
  else if (!options.quiet) process.stdout.write(`${watchLines(report, terminalOf(process.stdout)).join('\n')}\n`)
  else if (!isWell) process.stderr.write(`${watchLines(report, terminalOf(process.stderr)).join('\n')}\n`)
  return isWell ? 0 : errorCatalogue['loss-exceeded'].exit
}

/**
 * What a timer starts may take minutes, and its end would be that of the backup: so systemd runs that one apart. Undefined where
 * no systemd started us.
 */
async function beginApart(place: Place, words: readonly string[]): Promise<number | undefined> {
  const program = place.find('systemd-run')
  if (process.env['INVOCATION_ID'] === undefined || program === undefined) return undefined
  const variables = ['HOLDFAST_STATE_DIR', 'HOLDFAST_CACHE_DIR'].filter((name) => process.env[name] !== undefined)
  const own = ['--collect', '--no-block', '--quiet', ...variables.map((name) => `--setenv=${name}=${process.env[name]}`), '--']
  const command = {
    program,
    environment: {},
    secretEnvironment: [],
    arguments: [...own, process.execPath, process.argv[1] ?? '', ...words],
  }
  const { exitCode } = await place.run(command, { signal: stopSignal(), deadlineMs: duration(1, 'm') })
  return exitCode === 0 ? 0 : undefined
}
