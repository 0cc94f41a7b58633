import type { Output } from './outlet.ts'
import { widthOf } from './terminal.ts'

/** What a view that goes on writes to. */
export type LiveOutput = Pick<Output, 'terminal' | 'print' | 'draw'>

/** Lines of a terminal that are drawn in the place of those drawn before. */
export class LiveArea {
  private readonly output: LiveOutput
  private rows = 0

  constructor(output: LiveOutput) {
    this.output = output
  }

  draw(lines: readonly string[]): void {
    this.output.draw(`${this.rows > 0 ? `\x1b[${this.rows}A` : ''}\x1b[J`, lines)
    // Long ones wrap.
    const { columns } = this.output.terminal
    this.rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  }
}

/** One line of a terminal that says what goes on, and leaves nothing behind. */
export class LiveLine {
  private readonly output: LiveOutput
  private isDrawn = false

  constructor(output: LiveOutput) {
    this.output = output
  }

  draw(line: string): void {
    this.isDrawn = true
    this.output.draw('\r\x1b[K', [], line)
  }

  clear(): void {
    if (this.isDrawn) this.output.draw('\r\x1b[K', [])
    this.isDrawn = false
  }
}
