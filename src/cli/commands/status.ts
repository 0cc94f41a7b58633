import { composeView } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { showStatus } from '../show-status.ts'

/** The plainest calls don't come here: main.ts answers them from memory. */
export async function statusCommand(options: GlobalOptions, names: string[]): Promise<number> {
  return showStatus(await composeView(options), options, names)
}
