import type { PrintedDocument } from '../../contract/documents.ts'
import { compare } from '../../app/browse/browse-diff.ts'
import { findName } from '../../app/browse/browse-find.ts'
import { versionsOf } from '../../app/browse/browse-versions.ts'
import { listFolder, openBrowser, type Browser } from '../../app/browse/browse.ts'
import type { AppContext } from '../../app/site/context.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { commandText } from '../../places/command-text.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { differenceLines, foundLines, listingLines, versionLines } from '../output/browse-view.ts'
import { shownCommand, withConfiguration } from '../output/shell-text.ts'
import type { Terminal } from '../output/terminal.ts'

interface BrowseOptions extends GlobalOptions {
  readonly limit?: number
}

interface ListOptions extends BrowseOptions {
  readonly point?: string
  readonly at?: string
}

interface FindOptions extends BrowseOptions {
  readonly ignoreCase?: boolean
}

/** How much is shown without --limit: to a person, and to a program. */
const shownToPeople = 200
const shownToPrograms = 10_000

export async function browseList(options: ListOptions, console: Console, [component = '', path]: string[]): Promise<number> {
  if (options.at !== undefined && options.point !== undefined) {
    throw new HoldfastError('usage', '--at and --point exclude each other', { hint: 'give the time or the point' })
  }
  const { point, at } = options
  return answer(
    options,
    console,
    component,
    async (context, browser) => ({ listing: await listFolder(context, browser, { path, point, at, limit: limitOf(options) }) }),
    ({ listing }, terminal) => listingLines(listing, terminal),
    (whole) => whole,
  )
}

export async function browseFind(options: FindOptions, console: Console, [component = '', glob = '']: string[]): Promise<number> {
  const pattern = { glob, ignoreCase: options.ignoreCase ?? false }
  return answer(
    options,
    console,
    component,
    async (_context, browser) => ({ found: await findName(browser, pattern, limitOf(options)) }),
    ({ found }, terminal) => foundLines(found, terminal),
    (whole) => whole,
  )
}

export async function browseVersions(
  options: GlobalOptions,
  console: Console,
  [component = '', path = '']: string[],
): Promise<number> {
  const command = (words: readonly string[]) => shownCommand(withConfiguration(words, options))
  return answer(
    options,
    console,
    component,
    async (_context, browser) => ({ history: await versionsOf(browser, path) }),
    ({ history }, terminal) => versionLines(history, terminal, command),
    ({ history }) => ({
      history: {
        ...history,
        versions: history.versions.map(({ restore, ...version }) =>
          restore === undefined ? version : { ...version, restore: plainCommand(withConfiguration(restore, options)) },
        ),
      },
    }),
  )
}

const plainCommand = ([program = '', ...words]: readonly string[]): string =>
  commandText({ program, arguments: words, environment: {}, secretEnvironment: [] })

export async function browseDiff(
  options: BrowseOptions,
  console: Console,
  [component = '', from = '', to]: string[],
): Promise<number> {
  return answer(
    options,
    console,
    component,
    async (context, browser) => ({ difference: await compare(context, browser, { from, to, limit: limitOf(options) }) }),
    ({ difference }, terminal) => differenceLines(difference, terminal),
    (whole) => whole,
  )
}

const limitOf = ({ limit, json }: BrowseOptions): number => limit ?? (json ? shownToPrograms : shownToPeople)

async function answer<Answer extends object>(
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
  return 0
}
