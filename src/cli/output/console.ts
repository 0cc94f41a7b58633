import type { PrintedDocument } from '../../contract/documents.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Progress } from '../../domain/events.ts'
import { hideSecrets } from './hidden-secrets.ts'
import { LiveLine } from './live-area.ts'
import { Printer, type View } from './printer.ts'
import { ProgressMeter } from './progress-meter.ts'
import { ask, askSecret } from './question.ts'
import { redrawnEvery } from './live-table.ts'

/** What goes on, on one line of the terminal, for as long as it does. */
export interface ProgressLine {
  readonly report: (progress: Progress) => void
  /** A word of what has been done, before the amounts. */
  readonly count: (words: string) => void
  readonly clear: () => void
}

/** All that a verb says to people and programs, and all that it asks. */
export class Console extends Printer {
  /** Whether people see what goes on: neither a program reads nor is it to be quiet. */
  get isTalking(): boolean {
    return !this.options.json && !this.options.quiet
  }

  /** The document of a verb whose lines were printed one by one. */
  document(document: PrintedDocument): void {
    if (this.options.json) this.outlet.results.printDocument(document)
  }

  /** What was asked for as a text, such as a file: also with --quiet. */
  printText(text: string, document?: PrintedDocument): void {
    const { results } = this.outlet
    if (this.options.json && document !== undefined) results.printDocument(document)
    else results.printText(text)
  }

  /** What happens meanwhile, for people alone. */
  tell(lines: View): void {
    const { results } = this.outlet
    if (this.isTalking) results.print(lines(results.terminal))
  }

  /** What fails while the rest goes on, also with --quiet. A program finds it in the document. */
  fail(lines: View): void {
    const { errors } = this.outlet
    if (!this.options.json) errors.print(lines(errors.terminal))
  }

  /** From now on, nothing that is printed shows these. */
  hide(secrets: readonly string[]): void {
    hideSecrets(this.outlet, secrets)
  }

  /** Whether somebody sits at the terminal. */
  get canAsk(): boolean {
    return this.outlet.stdin.isTTY
  }

  /** Whether somebody sees at once what is printed. */
  get isWatched(): boolean {
    return this.outlet.results.stream.isTTY
  }

  /** Amount, rate and time left of some work; seen on a terminal alone. */
  progress(name: string, clock: Clock): ProgressLine {
    const { errors } = this.outlet
    const { terminal } = errors
    const line = new LiveLine(errors)
    const meter = new ProgressMeter()
    let counted = ''
    let drawnAt = -Infinity
    const draw = () => {
      if (!terminal.interactive || !this.isTalking) return
      const words = counted === '' ? '' : `${counted} · `
      line.draw(`  ${meter.spinner()} ${name}  ${words}${meter.text(terminal.columns - name.length - words.length - 7)}`)
    }
    return {
      report: (progress) => {
        const now = clock.now()
        meter.update(progress, now)
        if (now - drawnAt < redrawnEvery) return
        drawnAt = now
        draw()
      },
      count: (words) => {
        counted = words
        draw()
      },
      clear: () => line.clear(),
    }
  }

  /** A word on the terminal while something is asked for. */
  async waitFor<Answer>(what: string, answer: Promise<Answer>): Promise<Answer> {
    const { errors } = this.outlet
    const line = new LiveLine(errors)
    line.draw(errors.terminal.paint('dim', `${what} …`))
    return answer.finally(() => line.clear())
  }

  /** Without a terminal there is nobody to answer, which counts as an empty answer. */
  ask(question: string): Promise<string> {
    return ask(this.outlet, question)
  }

  /** What is typed is not shown. */
  askSecret(question: string): Promise<string> {
    return askSecret(this.outlet, question)
  }

  /** A yes or no; an empty answer is the suggestion. Without a terminal it is no, whatever is suggested; with --yes it is yes. */
  async confirm(question: string, suggestion: boolean): Promise<boolean> {
    if (this.options.yes) return true
    if (!this.canAsk) return false
    const given = await this.ask(`${question} [${suggestion ? 'Y/n' : 'y/N'}] `)
    return given === '' ? suggestion : /^y(es)?$/i.test(given)
  }

  /** A confirmation that can't be given by habit: the word itself has to be typed. With --yes it is given. */
  async askToType(word: string, consequences: readonly string[]): Promise<boolean> {
    if (this.options.yes) return true
    if (!this.canAsk) return false
    this.outlet.errors.print(consequences)
    return (await this.ask(`type ${word} to go on: `)) === word
  }
}
