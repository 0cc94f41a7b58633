import { commandOf } from '../../domain/command.ts'
import { versionsOf } from '../../app/browse/browse-versions.ts'
import { commandText } from '../../places/command-text.ts'
import { answer } from '../browser.ts'
import type { GlobalOptions } from '../options.ts'
import { versionLines } from '../views/browse-view.ts'
import type { Console } from '../output/console.ts'
import { shownCommand, withConfiguration } from '../output/shell-text.ts'

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

const plainCommand = ([program = '', ...words]: readonly string[]): string => commandText(commandOf(program, words))
