import type { Instant } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import { ProgressMeter } from './progress-meter.ts'
import { padded, widthOf, type Terminal } from './terminal.ts'

/** Often enough to look alive, and no more. In milliseconds. */
const redrawnEvery = 120

/** The components of some work: what came of each, redrawn in place on a terminal, and elsewhere written when it has ended. */
export class LiveTable<Result extends { readonly component: string }> {
  private readonly terminal: Terminal
  private readonly write: (text: string) => void
  private readonly linesOf: (result: Result, nameWidth: number) => string[]
  private components: readonly string[] = []
  private readonly ended = new Map<string, Result>()
  private current: string | undefined
  private meter = new ProgressMeter()
  private drawnLines = 0
  private lastDrawnAt = 0

  constructor(
    terminal: Terminal,
    write: (text: string) => void,
    /** The lines of a component that has ended. */
    linesOf: (result: Result, nameWidth: number) => string[],
  ) {
    this.terminal = terminal
    this.write = write
    this.linesOf = linesOf
  }

  begin(components: readonly string[]): void {
    this.components = components
  }

  /** @param what the name of a component; anything else is shown below them all */
  workOn(what: string): void {
    this.current = what
    this.meter = new ProgressMeter()
    this.redraw()
  }

  progress(progress: Progress, at: Instant): void {
    this.meter.update(progress, at)
    if (at - this.lastDrawnAt < redrawnEvery) return
    this.lastDrawnAt = at
    this.redraw()
  }

  /** The same, but seen at once. */
  note(note: string, at: Instant): void {
    this.meter.update({ note }, at)
    this.redraw()
  }

  /** The work ends that was at hand, with a result if it was at a component. */
  end(result?: Result): void {
    this.current = undefined
    if (result !== undefined) {
      this.ended.set(result.component, result)
      if (!this.terminal.interactive) this.write(`${this.linesOf(result, this.nameWidth).join('\n')}\n`)
    }
    this.redraw()
  }

  redraw(): void {
    const { interactive, columns, paint } = this.terminal
    if (!interactive) return
    const lines = this.components.flatMap((name) => {
      const result = this.ended.get(name)
      if (result) return this.linesOf(result, this.nameWidth)
      return [name === this.current ? this.workLine(name, this.nameWidth) : `  ${paint('dim', '·')} ${name}`]
    })
    if (this.current !== undefined && !this.components.includes(this.current)) lines.push(this.workLine(this.current, 0))
    const up = this.drawnLines > 0 ? `\x1b[${this.drawnLines}A` : ''
    this.write(`${up}\x1b[J${lines.join('\n')}\n`)
    // Long ones wrap.
    this.drawnLines = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  }

  private get nameWidth(): number {
    return Math.max(...this.components.map((name) => name.length))
  }

  private workLine(name: string, nameWidth: number): string {
    const room = this.terminal.columns - Math.max(nameWidth, name.length) - 7
    return `  ${this.meter.spinner()} ${padded(name, nameWidth)}  ${this.meter.text(room)}`
  }
}
