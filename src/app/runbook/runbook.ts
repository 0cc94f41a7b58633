import type { AppContext } from '../site/context.ts'
import { runbookFacts } from './runbook-facts.ts'
import { runbookPage } from './runbook-page.ts'

/**
 * RESTORE.md of a site. It asks no engine anything but its version, which is remembered. Equal input gives equal text: the
 * dates in it are those of the evidence.
 */
export async function runbookText(context: AppContext): Promise<string> {
  return runbookPage(await runbookFacts(context))
}
