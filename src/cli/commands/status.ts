import { status } from '../../app/status/status.ts'
import { replaceFile } from '../../disk/replace-file.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { composeView } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { prometheusText } from '../views/prometheus.ts'
import { offsetOf } from '../output/time.ts'
import { showStatus } from '../show-status.ts'

interface StatusOptions extends GlobalOptions {
  readonly prometheus?: string
}

/** The plainest calls don't come here: main.ts answers them from memory. */
export async function statusCommand(options: StatusOptions, console: Console, names: string[]): Promise<number> {
  const view = await composeView(options)
  if (options.prometheus !== undefined) writeMetrics(options.prometheus, prometheusText(status(view, offsetOf)))
  return showStatus(view, console, names)
}

/** Replaced as a whole: the collector reads whenever it likes, and only names that end in .prom. */
function writeMetrics(file: string, text: string): void {
  if (!file.endsWith('.prom')) {
    throw new HoldfastError('usage', `${file} does not end in .prom, and the textfile collector reads no other files`, {
      hint: '--prometheus /var/lib/prometheus/node-exporter/holdfast.prom',
    })
  }
  replaceFile(file, text, { mode: 0o644, keep: 'cache' })
}
