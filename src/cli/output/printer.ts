import type { PrintedDocument } from '../../contract/documents.ts'
import type { GlobalOptions } from '../options.ts'
import type { Outlet } from './outlet.ts'
import type { Terminal } from './terminal.ts'

/** Lines for people, as the output they go to can show them. */
export type View = (terminal: Terminal) => readonly string[]

/** What a verb prints, as its options want it. What asks and draws besides is in console.ts, which a mere look does without. */
export class Printer {
  readonly outlet: Outlet
  readonly options: Pick<GlobalOptions, 'json' | 'quiet' | 'yes'>

  constructor(outlet: Outlet, options: Pick<GlobalOptions, 'json' | 'quiet' | 'yes'>) {
    this.outlet = outlet
    this.options = options
  }

  /**
   * The answer of a verb: one document for programs, lines for people.
   *
   * @param failures what is printed of it with --quiet
   */
  print(document: PrintedDocument, lines: View, failures?: View): void {
    const { results, errors } = this.outlet
    if (this.options.json) results.printDocument(document)
    else if (!this.options.quiet) results.print(lines(results.terminal))
    else if (failures !== undefined) errors.print(failures(errors.terminal))
  }
}
