import { backUp, exitCodeOfRun, type BackUpWish } from '../../app/backup/back-up.ts'
import type { AppContext } from '../../app/site/context.ts'
import type { RunResult } from '../../domain/events.ts'
import { tellUnbegun } from '../../app/notify/run-notices.ts'
import { planBackUp } from '../../app/backup/plan-back-up.ts'
import { commandText, shellWord } from '../../places/command-text.ts'
import { composeContext } from '../compose.ts'
import { lastKnownNotifier } from '../notices.ts'
import type { GlobalOptions } from '../options.ts'
import { jsonDocument } from '../output/json.ts'
import { ratioOf, retentionLines, runErrorLines, RunView, stepLines, untoldLines, whereLines } from '../output/run-view.ts'
import { terminalOf } from '../output/terminal.ts'

interface BackUpOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly pin?: string
  readonly allowEmpty?: boolean
  readonly wait?: number
  /** False with --no-retention; plain calls leave it out. */
  readonly retention?: boolean
}

export async function backup(options: BackUpOptions, components: string[]): Promise<number> {
  const context = await composeContext(options).catch(async (error: unknown) => {
    if (!options.dryRun) await tellUnbegunBy(lastKnownNotifier(options), error)
    throw error
  })
  if (options.dryRun) {
    const planned = await planBackUp(context, components, options.pin)
    if (options.json) {
      const shown = planned.map((step) => ({ ...step, commands: step.commands.map(commandText) }))
      process.stdout.write(`${jsonDocument({ site: context.site.name, steps: shown })}\n`)
      return 0
    }
    for (const step of planned) {
      process.stdout.write(`# ${step.component}: ${step.reason}\n`)
      if (step.secretFiles.length > 0)
        process.stdout.write(`set -a; ${step.secretFiles.map((file) => `. ${shellWord(file)}`).join('; ')}; set +a\n`)
      for (const command of step.commands) process.stdout.write(`${commandText(command)}\n`)
    }
    return 0
  }
  const { pin, allowEmpty = false, wait = 0, retention = true } = options
  try {
    const result = await runShowing(context, { components, pin, allowEmpty, waitMs: wait, retention }, options)
    return exitCodeOfRun(result)
  } catch (error) {
    await tellUnbegunBy(context, error)
    throw error
  }
}

/** Whoever sits at a terminal has read it already. */
async function tellUnbegunBy(teller: Parameters<typeof tellUnbegun>[0] | undefined, error: unknown): Promise<void> {
  if (teller !== undefined && !process.stdout.isTTY) await tellUnbegun(teller, error)
}

/** Runs a backup, and shows it as the options say. */
export async function runShowing(context: AppContext, wish: BackUpWish, options: GlobalOptions): Promise<RunResult> {
  const terminal = terminalOf(process.stdout)
  const silent = options.json || options.quiet
  const view = new RunView(terminal, context.site.name, (text) => process.stdout.write(text))
  const result = await backUp(context, wish, silent ? () => undefined : view.listen)
  if (options.json) {
    const steps = result.steps.map((step) => ({ ...step, ratio: ratioOf(step) }))
    process.stdout.write(`${jsonDocument({ run: { ...result, steps } })}\n`)
  } else if (options.quiet) {
    const errors = terminalOf(process.stderr)
    for (const step of result.steps) {
      if (step.outcome !== 'done') process.stderr.write(`${stepLines(step, errors, step.component.length).join('\n')}\n`)
    }
    const failed = { ...result, retention: (result.retention ?? []).filter(({ error }) => error !== undefined) }
    for (const line of [
      ...retentionLines(failed, errors),
      ...runErrorLines(result, errors),
      ...untoldLines(result.notices, errors),
    ])
      process.stderr.write(`${line}\n`)
  } else {
    process.stdout.write(`\n${whereLines(result).join('\n')}\n`)
  }
  return result
}
