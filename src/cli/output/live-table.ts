import type { Instant } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import { LiveArea, type LiveOutput } from './live-area.ts'
import { ProgressMeter } from './progress-meter.ts'
import { padded } from './terminal.ts'

/** Often enough to look alive, and no more. In milliseconds. */
export const redrawnEvery = 120

/** The components of some work: what came of each, redrawn in place on a terminal, and elsewhere written when it has ended. */
export class LiveTable<Result extends { readonly component: string }> {
  private readonly output: LiveOutput
  private readonly area: LiveArea
  private readonly linesOf: (result: Result, nameWidth: number) => string[]
  private components: readonly string[] = []
  private readonly ended = new Map<string, Result>()
  private current: string | undefined
  private meter = new ProgressMeter()
  private lastDrawnAt = 0

  constructor(
    output: LiveOutput,
    /** The lines of a component that has ended. */
    linesOf: (result: Result, nameWidth: number) => string[],
  ) {
    this.output = output
    this.area = new LiveArea(output)
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
      if (!this.output.terminal.interactive) this.output.print(this.linesOf(result, this.nameWidth))
    }
    this.redraw()
  }

  redraw(): void {
    const { interactive, paint } = this.output.terminal
    if (!interactive) return
    const lines = this.components.flatMap((name) => {
      const result = this.ended.get(name)
      if (result) return this.linesOf(result, this.nameWidth)
      return [name === this.current ? this.workLine(name, this.nameWidth) : `  ${paint('dim', '·')} ${name}`]
    })
    if (this.current !== undefined && !this.components.includes(this.current)) lines.push(this.workLine(this.current, 0))
    this.area.draw(lines)
  }

  private get nameWidth(): number {
    return Math.max(...this.components.map((name) => name.length))
  }

  private workLine(name: string, nameWidth: number): string {
    const room = this.output.terminal.columns - Math.max(nameWidth, name.length) - 7
    return `  ${this.meter.spinner()} ${padded(name, nameWidth)}  ${this.meter.text(room)}`
  }
}
