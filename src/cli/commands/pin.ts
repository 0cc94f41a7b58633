import { pin } from '../../app/backup/pin.ts'
import type { PinOutcome } from '../../contract/points.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { monthlyText } from '../views/price.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeStamp } from '../output/time.ts'

interface UnpinOptions extends GlobalOptions {
  readonly wait?: number
}

interface PinOptions extends UnpinOptions {
  readonly reason: string
}

export const pinPoint = (options: PinOptions, console: Console, operands: string[]): Promise<number> =>
  change(options, console, operands, options.reason)

export const unpinPoint = (options: UnpinOptions, console: Console, operands: string[]): Promise<number> =>
  change(options, console, operands, undefined)

async function change(
  options: UnpinOptions,
  console: Console,
  [component = '', point = '']: string[],
  reason: string | undefined,
): Promise<number> {
  const context = await composeContext(options, console)
  const outcome = await pin(context, { component, point, reason, waitMs: options.wait ?? 0 }, (holder) =>
    console.tell(() => [`waiting for ${holder}`]),
  )
  console.print({ pin: outcome }, (terminal) => outcomeLines(outcome, terminal))
  return 0
}

function outcomeLines(outcome: PinOutcome, { paint }: Terminal): string[] {
  const { component, reason, previousReason } = outcome
  const id = shortPointId(outcome.point)
  const renamed =
    outcome.point === outcome.previousPoint ? [] : [`  its id was ${shortPointId(outcome.previousPoint)}, and is ${id} now`]
  const subject = `${component} ${id} of ${timeStamp(outcome.at)}`
  if (reason === undefined) {
    return [`${paint('good', '✓')} ${subject} is pinned no longer: its retention decides about it again`, ...renamed]
  }
  return [
    `${paint('good', '★')} ${subject} is kept for ever: ${reason}`,
    ...(previousReason === undefined || previousReason === reason ? [] : [`  before, the reason was: ${previousReason}`]),
    ...renamed,
    outcome.keptBytes === undefined
      ? '  what it keeps is not known: the engine that made it did not record that'
      : `  it keeps ${formatSize(outcome.keptBytes)} in the repository month after month, beside what it shares with other points${monthlyText(outcome.monthlyPrice)}`,
    `  to undo it: holdfast points unpin ${component} ${id}`,
  ]
}
