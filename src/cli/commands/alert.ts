import { findingsOf, lookAtUnit } from '../../app/notify/alert.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { errorLines } from '../output/error.ts'
import { toldText, untoldLines } from '../views/run-view.ts'
import { composeAlert } from '../scheduler.ts'

/** Called by systemd when a unit has ended. What it finds goes to whoever is told of failures, and to standard error. */
export async function alert(options: GlobalOptions, console: Console, [unit = '']: string[]): Promise<number> {
  const context = await composeAlert(options)
  const report = await lookAtUnit(context, unit)
  const notices = await context.notifier.report(findingsOf(report))
  const { finding, isToldAlready } = report
  if (finding !== undefined) {
    const evidence = (finding.error.detail ?? '').split('\n').filter((line) => line !== '')
    const [message = '', ...below] = [...errorLines(finding.error), ...evidence.map((line) => `  ${line}`)]
    console.fail(({ paint }) => [`${paint('bad', '✗')} ${message}`, ...below.map((line) => `  ${line}`)])
  }
  const words = finding !== undefined ? 'failed' : isToldAlready ? 'failed, and said why itself' : 'is well'
  console.print({ alert: { ...report, ...(notices.length === 0 ? {} : { notices }) } }, () => [
    `${unit} ${words}${toldText(notices)}`,
  ])
  console.fail((terminal) => untoldLines(notices, terminal))
  return 0
}
