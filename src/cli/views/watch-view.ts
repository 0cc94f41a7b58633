import type { WatchReport } from '../../contract/status.ts'
import type { Check } from '../../domain/evidence.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { formatDuration } from '../../domain/duration.ts'
import { errorLines } from '../output/error.ts'
import { padded, wrapped, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

/** A line a check; what is not well comes with since when, and what to do. */
export function watchLines(report: WatchReport, terminal: Terminal): string[] {
  const { paint } = terminal
  const problems = report.checks.filter(({ error }) => error !== undefined).length
  const verdict =
    problems === 0 ? paint('good', 'all is well') : paint('bad', `${problems} ${problems === 1 ? 'problem' : 'problems'}`)
  const labels = report.checks.map(labelOf)
  const width = Math.max(...labels.map((label) => label.length))
  const labelWidth = 4 + width + 2
  return [
    `${paint('bold', report.site)}  ${timeText(report.at)}  ${verdict}`,
    '',
    ...report.checks.flatMap((check, index) => {
      const mark = check.error === undefined ? paint('good', '✓') : paint('bad', '✗')
      const label = `  ${mark} ${padded(labels[index] ?? '', width)}  `
      return wrapped(linesOf(check, report), terminal.columns - labelWidth).map((line, row) =>
        row === 0 ? label + line : ' '.repeat(labelWidth) + line,
      )
    }),
    ...report.asked.map(({ component, reason }) => `  ${component}: the archive was listed, because ${reason}`),
    ...report.cured.map(({ component, exitCode }) => `  ${component}: ${curedText(exitCode)}`),
  ]
}

const labelOf = ({ component, kind }: Check): string => (component === undefined ? kind : `${component} ${kind}`)

function linesOf({ said, error, since }: Check, { at }: WatchReport): string[] {
  if (error === undefined) return [said]
  const lasts = since === undefined || at - since < 1000 ? '' : ` (for ${formatDuration(at - since)})`
  const [message = '', ...rest] = errorLines(error)
  return [`${message}${lasts}`, ...rest]
}

const curedText = (exitCode: number): string =>
  exitCode === exitCodes.done || exitCode === exitCodes.partlyDone
    ? 'a new base backup ends the gap, or has begun to'
    : `a new base backup was begun to end the gap, and ended with exit code ${exitCode}`
