import { commandOf } from '../domain/command.ts'
import { watch } from '../app/watch/watch.ts'
import type { SiteView } from '../app/site/context.ts'
import { duration } from '../domain/duration.ts'
import { exitCodes } from '../domain/exit-codes.ts'
import type { Kernel } from '../machine/port.ts'
import { createLocalPlace } from '../places/local.ts'
import type { Place } from '../places/place.ts'
import { jobUnit } from '../schedule/unit-text.ts'
import type { Holdfast } from './holdfast.ts'
import type { Printer, View } from './output/printer.ts'
import { watchLines } from './views/watch-view.ts'
import { isHealthy } from '../policy/health.ts'
import { thisMachine } from './machine.ts'
import { placesOf } from './places.ts'
import { observe } from '../sources/postgres/observed-server.ts'
import { stopSignal } from './stop-signal.ts'
import { cacheOf } from './view.ts'

/** One look, told and shown; gives back the exit code. It reads no configuration and no secret unless there is something to do. */
export async function showWatch(view: SiteView, printer: Printer, load: () => Promise<Holdfast>): Promise<number> {
  const { site } = view
  const place = createLocalPlace()
  const holdfast = async (words: readonly string[]) => (await load()).run([...words, '--quiet', '--config', site.file])
  const placeOf = placesOf(site, place)
  const signal = stopSignal()
  const report = await watch({
    ...view,
    machine: thisMachine(),
    place,
    serverOf: (component) => observe({ here: place, place: placeOf(component), source: component.source, signal }),
    signal,
    cacheDirectory: cacheOf(site),
    notifier: async () => (await load()).loadNotifier(view),
    holdfast,
    beginBackup: async (component) => (await startBackupUnit(view, place)) ?? holdfast(['backup', component]),
  })
  const isWell = isHealthy(report.checks)
  const lines: View = (terminal) => watchLines(report, terminal)
  printer.print({ watch: report }, lines, isWell ? undefined : lines)
  return isWell ? exitCodes.done : exitCodes.breached
}

/**
 * A watch of our timer has minutes, and a base backup takes its time: so systemd starts the site's own backup, which has a time
 * limit, walls and an alert of its own, and which may be at work already. Undefined where no such timer started us, or systemd refuses.
 */
async function startBackupUnit({ site: { name }, machine }: SiteView, place: Place): Promise<number | undefined> {
  const program = place.find('systemctl')
  if (program === undefined || !isInUnit(machine, jobUnit(name, 'watch', 'service'))) return undefined
  const words = ['start', '--no-block', jobUnit(name, 'backup', 'service')]
  const { exitCode } = await place.run(commandOf(program, words), { signal: stopSignal(), deadlineMs: duration(1, 'm') })
  return exitCode === 0 ? 0 : undefined
}

const isInUnit = (machine: Kernel, unit: string): boolean => machine.controlGroups().includes(`/${unit}\n`)
