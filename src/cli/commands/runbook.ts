import { defined } from '../../domain/defined.ts'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runbookText } from '../../app/runbook/runbook.ts'
import { runbookMark } from '../../app/runbook/runbook-words.ts'
import { replaceFile } from '../../disk/replace-file.ts'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import { systemErrorText } from '../../domain/system-error-text.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'

interface RunbookOptions extends GlobalOptions {
  readonly output?: string
}

/** With --json alone the document is the answer, and no file is written. */
export async function runbook(options: RunbookOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  const text = await runbookText(context)
  const wanted = options.output ?? (options.json ? undefined : 'RESTORE.md')
  const file = wanted === undefined || wanted === '-' ? undefined : resolve(wanted)
  if (file !== undefined) writeRunbook(file, text)
  const document = { site: context.site.name, text, ...defined({ file }) }
  if (file === undefined) console.printText(text, document)
  else console.print(document, () => [`${file}: print it, or keep it where it can be read when this machine is gone`])
  return 0
}

/** Over an earlier one, never over a file of somebody else's. */
function writeRunbook(file: string, text: string): void {
  try {
    if (!readFileSync(file, 'utf8').startsWith(runbookMark)) {
      throw new HoldfastError('target-exists', `${file} is there already, and holdfast runbook did not write it`, {
        hint: 'choose another name with --output, or move it away',
      })
    }
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error
  }
  try {
    // It tells no secret, but much about the site.
    replaceFile(file, text, { mode: 0o640, keep: 'durable' })
  } catch (error) {
    throw new HoldfastError('usage', `cannot write ${file}: ${systemErrorText(error)}`, {
      hint: 'choose another file with --output, or - to print it',
      cause: error,
    })
  }
}
