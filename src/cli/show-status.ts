import { componentNamed, type SiteView } from '../app/site/context.ts'
import { status } from '../app/status/status.ts'
import { exitCodes } from '../domain/exit-codes.ts'
import type { Printer } from './output/printer.ts'
import { statusLines } from './views/status-view.ts'
import { offsetOf } from './output/time.ts'

/** Prints what is known of a site, or of the named components of it; gives back the exit code. */
export function showStatus(view: SiteView, printer: Printer, names: readonly string[]): number {
  for (const name of names) componentNamed(view.site, name)
  const whole = status(view, offsetOf)
  const report = {
    ...whole,
    components: whole.components.filter(({ component }) => names.length === 0 || names.includes(component)),
  }
  printer.print({ status: report }, (terminal) => statusLines(report, terminal))
  const isWell = report.components.every(({ healthy }) => healthy) && (report.watch?.findings ?? []).length === 0
  return isWell ? exitCodes.done : exitCodes.breached
}
