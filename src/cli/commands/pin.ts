import { pin, type PinOutcome } from '../../app/backup/pin.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { jsonDocument } from '../output/json.ts'
import { monthlyText } from '../output/price.ts'
import { terminalOf, visible } from '../output/terminal.ts'
import { timeStamp } from '../output/time.ts'

interface UnpinOptions extends GlobalOptions {
  readonly wait?: number
}

interface PinOptions extends UnpinOptions {
  readonly reason: string
}

export const pinPoint = (options: PinOptions, operands: string[]): Promise<number> => change(options, operands, options.reason)

export const unpinPoint = (options: UnpinOptions, operands: string[]): Promise<number> => change(options, operands, undefined)

async function change(options: UnpinOptions, operands: string[], reason: string | undefined): Promise<number> {
  const [component = '', point = ''] = operands
  const context = await composeContext(options)
  const silent = options.json || options.quiet
  const outcome = await pin(context, { component, point, reason, waitMs: options.wait ?? 0 }, (holder) => {
    if (!silent) process.stdout.write(`waiting for ${holder}\n`)
  })
  if (options.json) process.stdout.write(`${jsonDocument({ pin: outcome })}\n`)
  else if (!options.quiet) process.stdout.write(`${outcomeLines(outcome).join('\n')}\n`)
  return 0
}

function outcomeLines(outcome: PinOutcome): string[] {
  const { paint } = terminalOf(process.stdout)
  const { component, reason, previousReason } = outcome
  const id = shortPointId(outcome.point)
  const renamed =
    outcome.point === outcome.previousPoint ? [] : [`  its id was ${shortPointId(outcome.previousPoint)}, and is ${id} now`]
  const subject = `${component} ${id} of ${timeStamp(outcome.at)}`
  if (reason === undefined) {
    return [`${paint('good', '✓')} ${subject} is pinned no longer: its retention decides about it again`, ...renamed]
  }
  return [
    `${paint('good', '★')} ${subject} is kept for ever: ${visible(reason)}`,
    ...(previousReason === undefined || previousReason === reason
      ? []
      : [`  before, the reason was: ${visible(previousReason)}`]),
    ...renamed,
    outcome.keptBytes === undefined
      ? '  what it keeps is not known: the engine that made it did not record that'
      : `  it keeps ${formatSize(outcome.keptBytes)} in the repository month after month, beside what it shares with other points${monthlyText(outcome.monthlyPrice)}`,
    `  to undo it: holdfast points unpin ${component} ${id}`,
  ]
}
