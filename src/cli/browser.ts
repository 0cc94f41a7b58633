import { openBrowser, type Browser } from '../app/browse/browse.ts'
import type { AppContext } from '../app/site/context.ts'
import type { PrintedDocument } from '../contract/documents.ts'
import { exitCodes } from '../domain/exit-codes.ts'
import { composeContext } from './compose.ts'
import type { GlobalOptions } from './options.ts'
import type { Console } from './output/console.ts'
import type { Terminal } from './output/terminal.ts'

export interface BrowseOptions extends GlobalOptions {
  readonly limit?: number
}

/** How much is shown without --limit: to a person, and to a program. */
const shownToPeople = 200
const shownToPrograms = 10_000

export const limitOf = ({ limit, json }: BrowseOptions): number => limit ?? (json ? shownToPrograms : shownToPeople)

/** Asks for something of a component's points, and prints it. */
export async function answer<Answer extends object>(
  options: GlobalOptions,
  console: Console,
  component: string,
  ask: (context: AppContext, browser: Browser) => Promise<Answer>,
  lines: (answer: Answer, terminal: Terminal) => string[],
  documentOf: (answer: Answer) => PrintedDocument,
): Promise<number> {
  const context = await composeContext(options, console)
  const answered = await ask(context, await openBrowser(context, component))
  console.print(documentOf(answered), (terminal) => lines(answered, terminal))
  return exitCodes.done
}
