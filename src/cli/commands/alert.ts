import { findingsOf, lookAtUnit } from '../../app/notify/alert.ts'
import type { GlobalOptions } from '../options.ts'
import { errorLines } from '../output/error.ts'
import { jsonDocument } from '../output/json.ts'
import { toldText, untoldLines } from '../output/run-view.ts'
import { terminalOf, visible } from '../output/terminal.ts'
import { composeAlert } from '../scheduler.ts'

/** Called by systemd when a unit has ended. What it finds goes to whoever is told of failures, and to standard error. */
export async function alert(options: GlobalOptions, [unit = '']: string[]): Promise<number> {
  const context = await composeAlert(options)
  const report = await lookAtUnit(context, unit)
  const notices = await context.notifier.report(findingsOf(report))
  const { finding, isToldAlready } = report
  if (options.json) {
    process.stdout.write(`${jsonDocument({ alert: { ...report, ...(notices.length === 0 ? {} : { notices }) } })}\n`)
    return 0
  }
  const terminal = terminalOf(process.stderr)
  if (finding !== undefined) {
    const said = (finding.error.detail ?? '').split('\n').filter((line) => line !== '')
    const lines = [...errorLines(finding.error), ...said.map((line) => `  ${line}`)].map(visible)
    process.stderr.write(`${terminal.paint('bad', '✗')} ${lines.join('\n  ')}\n`)
  }
  if (!options.quiet) {
    const words = finding !== undefined ? 'failed' : isToldAlready ? 'failed, and said why itself' : 'is well'
    process.stdout.write(`${unit} ${words}${toldText(notices)}\n`)
  }
  for (const line of untoldLines(notices, terminal)) process.stderr.write(`${line}\n`)
  return 0
}
