import { formatDuration } from '../../domain/duration.ts'
import type { DrillEvent, DrillReport, DrillResult } from '../../domain/drill.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { errorLines } from '../output/error.ts'
import type { LiveOutput } from '../output/live-area.ts'
import { LiveTable } from '../output/live-table.ts'
import { toldText, untoldLines } from './run-view.ts'
import { padded, wrapped, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

/** What was agreed, beside which the measured stands. In milliseconds. */
export interface Agreed {
  readonly rpo: number
  readonly rto: number
}

/** Shows a drill while it goes: redrawn in place on a terminal, a component's lines when it has ended elsewhere. */
export class DrillView {
  private readonly output: LiveOutput
  private readonly site: string
  private readonly table: LiveTable<DrillResult>

  constructor(output: LiveOutput, site: string, agreed: Agreed) {
    this.output = output
    this.site = site
    this.table = new LiveTable(output, (result, nameWidth) => drillLines(result, agreed, output.terminal, nameWidth))
  }

  /** A listener for the events of a drill. */
  readonly listen = (event: DrillEvent): void => {
    const { output, table } = this
    const { terminal } = output
    switch (event.type) {
      case 'drill-waits':
        output.print([`waiting for ${event.holder}`])
        break
      case 'drill-began':
        table.begin(event.components)
        output.print([`${terminal.paint('bold', `${this.site} · drill`)}  ${timeText(event.at)}`, ''])
        break
      case 'drill-healed':
        output.print([`  ${terminal.paint('warn', '!')} ${event.what}`])
        break
      case 'component-began':
        table.workOn(event.component)
        break
      case 'component-progress':
        table.progress(event.progress, event.at)
        break
      case 'component-ended':
        table.end(event.result)
        break
      case 'drill-ended':
        table.redraw()
        output.print(['', ...drillEndLines(event.report, terminal)])
        break
    }
  }
}

const marks = { passed: ['✓', 'good'], failed: ['✗', 'bad'], interrupted: ['–', 'warn'] } as const

/** What the drill of a component showed: a line, and below it whatever went wrong or deserves a word. */
export function drillLines(result: DrillResult, agreed: Agreed, terminal: Terminal, nameWidth: number): string[] {
  const { component, outcome, point, recoveryMs, lossMs, sizeBytes, assertions, notes, error } = result
  const { paint, interactive, columns } = terminal
  const [mark, style] = marks[outcome]
  const head = `  ${paint(style, mark)} ${padded(component, nameWidth)}`
  const margin = ' '.repeat(nameWidth + 6)
  const measured = (word: string, value: number | undefined, limit: number) => {
    if (value === undefined) return []
    const text = `${word} ${value === 0 ? 'nothing' : formatDuration(value)} of ${formatDuration(limit)}`
    return [value > limit ? paint('bad', text) : text]
  }
  const holding = assertions.filter(({ holds }) => holds).length
  const cells = [
    ...(point === undefined ? [] : [`${point.kind} ${shortPointId(point.id)} of ${timeText(point.endedAt)}`]),
    ...(sizeBytes === undefined ? [] : [formatSize(sizeBytes)]),
    ...measured('back in', recoveryMs, agreed.rto),
    // The age of a snapshot follows from the rhythm of backups, and no agreed loss is set against it.
    ...(result.engine === 'pgbackrest' ? measured('missing', lossMs, agreed.rpo) : []),
    ...(assertions.length === 0 ? [] : [`${holding} of ${assertions.length} as expected`]),
  ]
  const below = [
    ...assertions
      .filter(({ holds }) => !holds)
      .map(({ what, said }) => `not so: ${what}${said === undefined ? '' : `; ${said}`}`),
    ...(error === undefined ? [] : error.code === 'drill-failed' ? errorLines(error).slice(1) : errorLines(error)),
    ...notes.map((note) => `note: ${note}`),
  ]
  // In a log each thing has one line, however long.
  const [first = outcome, ...more] = cellLines(cells, interactive ? columns - margin.length : Infinity)
  return [`${head}  ${first}`, ...more.map((line) => margin + line), ...below.map((line) => margin + line)]
}

/** Cells in as few lines as the width allows, broken between them alone. */
function cellLines(cells: readonly string[], width: number): string[] {
  if (cells.length === 0) return []
  const unbroken = cells.map((cell) => cell.replaceAll(' ', '\u00a0')).join(' · ')
  return wrapped([unbroken], width).map((line) => line.replaceAll('\u00a0', ' '))
}

/** How all of it ended, what went wrong beside the components, and who was told. */
export function drillEndLines({ drills, durationMs, outcome, errors, notices }: DrillReport, terminal: Terminal): string[] {
  const { paint } = terminal
  const passed = drills.filter((one) => one.outcome === 'passed').length
  const words = `${passed} of ${drills.length} passed in ${formatDuration(durationMs)}${toldText(notices)}`
  const style = outcome === 'passed' ? 'good' : outcome === 'failed' ? 'bad' : 'warn'
  const text = outcome === 'interrupted' ? `interrupted: ${words}` : words
  return [
    ...errors.flatMap((error) => {
      const [message = '', ...below] = errorLines(error)
      return [`  ${paint('bad', '✗')} ${message}`, ...below.map((line) => `    ${line}`)]
    }),
    `  ${paint(style, text)}`,
    ...untoldLines(notices, terminal),
  ]
}
