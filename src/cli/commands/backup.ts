import { backUp, exitCodeOfRun, type BackUpWish } from '../../app/backup/back-up.ts'
import type { AppContext } from '../../app/site/context.ts'
import type { RunResult } from '../../domain/events.ts'
import { tellUnbegun } from '../../app/notify/run-notices.ts'
import { planBackUp, type PlannedStep } from '../../app/backup/plan-back-up.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { commandText } from '../../places/command-text.ts'
import { composeContext } from '../compose.ts'
import { backUpCode } from '../lazy-code.ts'
import { shownWord } from '../output/shell-text.ts'
import { lastKnownNotifier } from '../notices.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { ratioOf, retentionLines, runErrorLines, RunView, stepLines, untoldLines, whereLines } from '../views/run-view.ts'

interface BackUpOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly pin?: string
  readonly allowEmpty?: boolean
  readonly wait?: number
  /** False with --no-retention; plain calls leave it out. */
  readonly retention?: boolean
}

export async function backup(options: BackUpOptions, console: Console, components: string[]): Promise<number> {
  const context = await composeContext(options, console).catch(async (error: unknown) => {
    if (!options.dryRun) await tellUnbegun(lastKnownNotifier(options), error, console.isWatched)
    throw error
  })
  if (options.dryRun) {
    const planned = await planBackUp(context, components, options.pin)
    const steps = planned.map((step) => ({ ...step, commands: step.commands.map((command) => commandText(command)) }))
    console.printText(planned.flatMap(plannedLines).join('\n'), { site: context.site.name, steps })
    return exitCodes.done
  }
  const { pin, allowEmpty = false, wait = 0, retention = true } = options
  try {
    const result = await runShowing(context, { components, pin, allowEmpty, waitMs: wait, retention }, console)
    return exitCodeOfRun(result)
  } catch (error) {
    await tellUnbegun(context, error, console.isWatched)
    throw error
  }
}

/** The commands of a step, to be copied into a shell. */
const plannedLines = ({ component, reason, secretFiles, commands }: PlannedStep): string[] => [
  `# ${component}: ${reason}`,
  ...(secretFiles.length === 0 ? [] : [`set -a; ${secretFiles.map((file) => `. ${shownWord(file)}`).join('; ')}; set +a`]),
  ...commands.map((command) => commandText(command, shownWord)),
]

/** Runs a backup, and shows it as the options say. */
export async function runShowing(context: AppContext, wish: BackUpWish, console: Console): Promise<RunResult> {
  const view = new RunView(console.outlet.results, context.site.name)
  const result = await backUp({ ...context, code: backUpCode }, wish, console.isTalking ? view.listen : () => undefined)
  const steps = result.steps.map((step) => ({ ...step, ratio: ratioOf(step) }))
  const failed = { ...result, retention: (result.retention ?? []).filter(({ error }) => error !== undefined) }
  console.print(
    { run: { ...result, steps } },
    () => ['', ...whereLines(result)],
    (terminal) => [
      ...result.steps
        .filter(({ outcome }) => outcome !== 'done')
        .flatMap((step) => stepLines(step, terminal, step.component.length)),
      ...retentionLines(failed, terminal),
      ...runErrorLines(result, terminal),
      ...untoldLines(result.notices, terminal),
    ],
  )
  return result
}
