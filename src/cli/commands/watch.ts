import { composeView } from '../compose.ts'
import type { Holdfast } from '../holdfast.ts'
import type { GlobalOptions } from '../options.ts'
import { showWatch } from '../show-watch.ts'

/** The plainest calls don't come here: main.ts answers them from memory. */
export async function watchCommand(options: GlobalOptions, _operands: readonly string[], holdfast: Holdfast): Promise<number> {
  return showWatch(await composeView(options), options, async () => holdfast)
}
