import type { PrintedDocument } from '../../contract/documents.ts'
import { jsonDocument } from './json.ts'
import { isJournal, journalLines } from './journal-lines.ts'
import { coloured, terminalOf, unprintable, visible, type Terminal } from './terminal.ts'

/** The streams of a process; tests bring their own. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** Standard input is opened by whoever asks for it, so only by what asks people. */
export const processStreams = (): Streams => ({
  get stdin() {
    return process.stdin
  },
  stdout: process.stdout,
  stderr: process.stderr,
})

/**
 * All that a process reads from people and writes to them. One for the whole process, made where it begins and handed on: what it
 * keeps to itself counts for everything that is printed.
 */
export class Outlet {
  private readonly streams: Streams
  readonly results: Output
  readonly errors: Output
  /** Blacks out secrets; src/cli/output/hidden-secrets.ts says which. */
  redact: (text: string) => string = (text) => text
  readonly secrets = new Set<string>()

  constructor(streams: Streams, environment: NodeJS.ProcessEnv = process.env) {
    const redact = (text: string) => this.redact(text)
    this.streams = streams
    this.results = new Output(streams.stdout, environment, redact, isJournal(1, environment) ? '' : undefined)
    this.errors = new Output(streams.stderr, environment, redact, isJournal(2, environment) ? '<3>' : undefined)
  }

  get stdin(): NodeJS.ReadStream {
    return this.streams.stdin
  }
}

/** One of the two outputs. The only place that writes to it, so all that is printed is made visible, redacted and graded here. */
export class Output {
  readonly terminal: Terminal
  readonly stream: NodeJS.WriteStream
  private readonly redact: (text: string) => string
  private readonly grade: (text: string) => string
  private isBroken = false

  /** @param unmarked the priority of a line without a mark, for the journal of systemd; undefined for other readers */
  constructor(
    stream: NodeJS.WriteStream,
    environment: NodeJS.ProcessEnv,
    redact: (text: string) => string,
    unmarked: '' | '<3>' | undefined,
  ) {
    this.stream = stream
    this.terminal = terminalOf(stream, environment)
    this.redact = redact
    this.grade = unmarked === undefined ? (text) => text : journalLines(unmarked)
    // Who reads along may go away in the middle (`holdfast backup | head -1`), or keep it on a disk that fills up: that ends the
    // output, never the work, which goes on to its own end and exit code.
    stream.on('error', () => (this.isBroken = true))
  }

  /** Lines, each of them one line whatever it holds. */
  print(lines: readonly string[]): void {
    this.write(this.shown(lines))
  }

  /** A text of many lines, such as a file. Its tabs stay. */
  printText(text: string): void {
    const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
    this.write(
      lines
        .map(
          (line) =>
            `${line
              .split('\t')
              .map((part) => this.rendered(part))
              .join('\t')}\n`,
        )
        .join(''),
    )
  }

  /** One JSON document; what a terminal would act upon is escaped as JSON does it. */
  printDocument(content: PrintedDocument): void {
    const text = this.redact(jsonDocument(content)).replace(unprintable, (character) =>
      character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    this.write(`${text}\n`)
  }

  /** What is drawn in place: a movement of the cursor, lines, and a line that isn't ended. */
  draw(movement: string, lines: readonly string[], rest = ''): void {
    this.write(movement + this.shown(lines) + this.rendered(rest))
  }

  /** A line as it is written. */
  rendered(line: string): string {
    return coloured(visible(this.redact(line)))
  }

  private shown(lines: readonly string[]): string {
    return lines.map((line) => `${this.rendered(line)}\n`).join('')
  }

  private write(text: string): void {
    if (!this.isBroken) this.stream.write(this.grade(text))
  }
}
