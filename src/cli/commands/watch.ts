import { composeView } from '../compose.ts'
import type { Holdfast } from '../holdfast.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { showWatch } from '../show-watch.ts'

/** The plainest calls don't come here: main.ts answers them from memory. */
export async function watchCommand(
  options: GlobalOptions,
  console: Console,
  _operands: readonly string[],
  holdfast: Holdfast,
): Promise<number> {
  return showWatch(await composeView(options), console, async () => holdfast)
}
