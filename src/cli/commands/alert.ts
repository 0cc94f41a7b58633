import { findingsOf, lookAtUnit } from '../../app/alert.ts'
import type { GlobalOptions } from '../options.ts'
import { errorLines } from '../output/error.ts'
import { jsonDocument } from '../output/json.ts'
import { terminalOf, visible } from '../output/terminal.ts'
import { composeAlert } from '../scheduler.ts'

/** Called by systemd when a unit has ended. What it finds goes to whoever is told of failures, and to standard error. */
export async function alert(options: GlobalOptions, [unit = '']: string[]): Promise<number> {
  const context = await composeAlert(options)
  const report = await lookAtUnit(context, unit)
  const notices = await context.notifier.report(findingsOf(report))
  if (options.json) {
    process.stdout.write(`${jsonDocument({ alert: { ...report, ...(notices.length === 0 ? {} : { notices }) } })}\n`)
  } else if (report.finding !== undefined) {
    const { paint } = terminalOf(process.stderr)
    const { error } = report.finding
    const lines = [
      ...errorLines(error),
      ...(error.detail === undefined ? [] : error.detail.split('\n').map((line) => `  ${line}`)),
    ]
    process.stderr.write(`${paint('bad', '✗')} ${lines.map(visible).join('\n  ')}\n`)
  } else if (!options.quiet) {
    process.stdout.write(`${unit} ${report.isToldAlready ? 'failed, and said why itself' : 'is well'}\n`)
  }
  return 0
}
