import { watch } from '../app/watch.ts'
import type { SiteView } from '../app/context.ts'
import { errorCatalogue } from '../domain/errors.ts'
import { createLocalPlace } from '../places/local.ts'
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
  const report = await watch({
    ...view,
    placeOf: placesOf(site, createLocalPlace()),
    signal: stopSignal(),
    cacheDirectory: cacheOf(site),
    notifier: async () => (await import('./program.ts')).loadNotifier(view),
    holdfast: async (words) => (await import('./program.ts')).runProgram([...words, '--quiet', '--config', site.file]),
  })
  const isWell = report.checks.every(({ error }) => error === undefined)
  if (options.json) process.stdout.write(`${jsonDocument({ watch: report })}\n`)
  else if (!options.quiet) process.stdout.write(`${watchLines(report, terminalOf(process.stdout)).join('\n')}\n`)
  else if (!isWell) process.stderr.write(`${watchLines(report, terminalOf(process.stderr)).join('\n')}\n`)
  return isWell ? 0 : errorCatalogue['loss-exceeded'].exit
}
