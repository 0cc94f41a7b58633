import type { RetentionResult, RunEvent, RunResult, StepResult } from '../../domain/events.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Delivery } from '../../domain/notice.ts'
import { formatSize } from '../../domain/size.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { errorLines } from '../output/error.ts'
import type { LiveOutput } from '../output/live-area.ts'
import { LiveTable } from '../output/live-table.ts'
import { monthlyText } from './price.ts'
import { columns, padded, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

/** Shows a run while it goes: redrawn in place on a terminal, a line per ended step elsewhere. */
export class RunView {
  private readonly output: LiveOutput
  private readonly site: string
  private readonly table: LiveTable<StepResult>

  constructor(output: LiveOutput, site: string) {
    this.output = output
    this.site = site
    this.table = new LiveTable(output, (step, nameWidth) => stepLines(step, output.terminal, nameWidth))
  }

  /** A listener for the events of a run. */
  readonly listen = (event: RunEvent): void => {
    const { output, table } = this
    const { terminal } = output
    switch (event.type) {
      case 'run-waits':
        output.print([`waiting for ${event.holder}`])
        break
      case 'run-began':
        table.begin(event.components)
        output.print([`${terminal.paint('bold', `${this.site} · backup`)}  ${timeText(event.at)}`, ''])
        break
      case 'run-healed':
        output.print([`  ${terminal.paint('warn', '!')} ${event.what}`])
        break
      case 'step-began':
        table.workOn(event.component)
        break
      case 'step-progress':
      case 'retention-progress':
        table.progress(event.progress, event.at)
        break
      case 'step-retries': {
        const words = `${event.error.message}; trying again in ${formatDuration(event.waitMs)}`
        if (!terminal.interactive) output.print([`  ${event.component}: ${words}`])
        table.note(words, event.at)
        break
      }
      case 'step-ended':
        table.end(event.result)
        break
      case 'retention-began':
        table.workOn(`retention of ${event.component}`)
        break
      case 'retention-ended':
        table.end()
        break
      case 'run-ended':
        table.redraw()
        output.print([
          '',
          ...retentionLines(event.result, terminal),
          ...runErrorLines(event.result, terminal),
          ...summaryLines(event.result, terminal),
        ])
        break
    }
  }
}

const marks = { done: ['✓', 'good'], partial: ['!', 'warn'], failed: ['✗', 'bad'], interrupted: ['–', 'warn'] } as const

/** A step in one line, and below it whatever went wrong, was cleared away or deserves a word. */
export function stepLines(step: StepResult, terminal: Terminal, nameWidth: number): string[] {
  const [mark, style] = marks[step.outcome]
  const head = `  ${terminal.paint(style, mark)} ${padded(step.component, nameWidth)}`
  const margin = ' '.repeat(nameWidth + 6)
  const below = [
    ...(step.pin === undefined
      ? []
      : [
          `★ kept for ever: ${step.pin.reason} (${formatSize(step.pin.keptBytes)} month after month${monthlyText(step.pin.monthlyPrice)})`,
        ]),
    ...step.healed.map((what) => `healed: ${what}`),
    ...step.warnings.map((what) => `note: ${what}`),
    ...(step.point === undefined ? step.errors.slice(1) : step.errors).flatMap(errorLines),
  ]
  const [cause] = step.errors
  if (step.point === undefined) {
    const words = cause === undefined ? [step.outcome] : errorLines(cause)
    return [`${head}  ${words[0] ?? ''}`, ...[...words.slice(1), ...below].map((line) => margin + line)]
  }
  const cells = [
    padded(formatSize(step.processedBytes ?? 0), 8, 'right'),
    padded(`${formatSize(step.addedBytes ?? 0)} added`, 14, 'right'),
    padded(formatDuration(step.durationMs), 7, 'right'),
    `${step.point.kind} ${shortPointId(step.point.id)}${ratioText(step)}`,
  ]
  return [`${head}  ${cells.join('  ')}`, ...below.map((line) => margin + line)]
}

/** Data processed against data added: what deduplication and compression saved. */
export function ratioOf(step: StepResult): number | undefined {
  if (!step.processedBytes || !step.addedBytes) return undefined
  return step.processedBytes / step.addedBytes
}

function ratioText(step: StepResult): string {
  const ratio = ratioOf(step)
  if (ratio === undefined || ratio < 1.05) return ''
  return ` · ${ratio < 10 ? ratio.toFixed(1) : grouped(Math.round(ratio))}x smaller`
}

/** `1,290`. Intl would do the same, and cost as much as the program's own code. */
const grouped = (whole: number): string => String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')

/** What retention did to a component, in a line, and why it did not. */
export function removedLines(result: RetentionResult, terminal: Terminal): string[] {
  const { component, outcome, removed, kept, error, durationMs } = result
  const left = kept === undefined ? '' : `, ${kept} left`
  const count =
    removed.length === 0 ? 'nothing to remove' : `${removed.length} restore ${removed.length === 1 ? 'point' : 'points'} removed`
  const done = `${component}: ${count}${left}`
  if (error === undefined) return [`  ${terminal.paint('good', '✓')} ${done} · ${formatDuration(durationMs)}`]
  const mark = outcome === 'failed' ? terminal.paint('bad', '✗') : terminal.paint('warn', '!')
  const words = [
    `${outcome === 'refused' ? `${component}: nothing was removed` : done}: ${error.message}`,
    ...errorLines(error).slice(1),
  ]
  return words.map((line, index) => `  ${index === 0 ? mark : ' '} ${line}`)
}

/** What retention did in a run; nothing where nothing had to go. */
export function retentionLines(run: RunResult, terminal: Terminal): string[] {
  const told = (run.retention ?? []).filter(({ removed, error }) => removed.length > 0 || error !== undefined)
  const lines = told.flatMap((result) => removedLines({ ...result, component: `retention of ${result.component}` }, terminal))
  return lines.length === 0 ? [] : [...lines, '']
}

/** What went wrong with the run itself. */
export function runErrorLines(run: RunResult, terminal: Terminal): string[] {
  return run.errors.flatMap((error) => {
    const [message = '', ...below] = errorLines(error)
    return [`  ${terminal.paint('bad', '✗')} ${message}`, ...below.map((line) => `    ${line}`)]
  })
}

function summaryLines(run: RunResult, terminal: Terminal): string[] {
  const done = run.steps.filter((step) => step.outcome === 'done').length
  const words = `${done} of ${run.steps.length} done in ${formatDuration(run.durationMs)}${toldText(run.notices)}`
  const untold = untoldLines(run.notices, terminal)
  if (run.outcome === 'done') return [`  ${terminal.paint('good', words)}`, ...untold]
  if (run.outcome === 'interrupted')
    return [`  ${terminal.paint('warn', `interrupted: ${words}`)}; what was finished is kept, the next run goes on`, ...untold]
  return [`  ${terminal.paint('bad', words)}`, ...untold]
}

/** ` · Discord told`, of those channels that were. */
export function toldText(notices: readonly Delivery[] = []): string {
  const told = notices.filter(({ outcome }) => outcome === 'delivered').map(({ channel }) => shownChannel(channel))
  return told.length === 0 ? '' : ` · ${told.join(', ')} told`
}

/** Channels that could not be told, and why. */
export function untoldLines(notices: readonly Delivery[] | undefined, terminal: Terminal): string[] {
  return (notices ?? [])
    .filter(({ outcome }) => outcome !== 'delivered')
    .map(({ channel, outcome, reason = '' }) => {
      const fate = outcome === 'waits' ? '; the notice waits for the next run' : ''
      return `  ${terminal.paint('warn', '!')} ${shownChannel(channel)} not told: ${reason}${fate}`
    })
}

const shownChannel = (channel: string): string => channel.replace(/^discord/, 'Discord')

/** The table of where everything came from and went to. */
export function whereLines(run: RunResult): string[] {
  return columns(run.steps.map((step) => [`  ${step.component}`, step.from.join(' '), '→', step.to]))
}
