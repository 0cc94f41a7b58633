import { compare } from '../../app/browse/browse-diff.ts'
import { findName } from '../../app/browse/browse-find.ts'
import { listFolder } from '../../app/browse/browse.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { answer, limitOf, type BrowseOptions } from '../browser.ts'
import type { Console } from '../output/console.ts'
import { differenceLines, foundLines, listingLines } from '../views/browse-view.ts'

interface ListOptions extends BrowseOptions {
  readonly point?: string
  readonly at?: string
}

interface FindOptions extends BrowseOptions {
  readonly ignoreCase?: boolean
}

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
