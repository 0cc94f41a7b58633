import { resolve } from 'node:path'
import { restore, type RestoreOutcome } from '../../app/restore.ts'
import { componentNamed, type AppContext } from '../../app/context.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import { formatDuration } from '../../domain/duration.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { askToType } from '../output/question.ts'
import { jsonDocument } from '../output/json.ts'
import { ProgressMeter } from '../output/progress-meter.ts'
import { terminalOf, visible } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

interface RestoreOptions extends GlobalOptions {
  readonly to?: string
  readonly at?: string
  readonly point?: string
  readonly path?: readonly string[]
  readonly overwrite?: boolean
}

export async function restoreCommand(given: RestoreOptions, [named]: string[]): Promise<number> {
  const context = await composeContext(given)
  if (named !== undefined) componentNamed(context.site, named)
  const options = await complete(context, given, named)
  const { component } = options
  const target = resolve(options.to)
  if (
    options.overwrite &&
    !options.yes &&
    !(await askToType(component, `files in ${target} will be overwritten by those of the backup`))
  ) {
    throw new HoldfastError('usage', 'not confirmed; nothing was restored', { hint: `type ${component}, or give --yes` })
  }
  const terminal = terminalOf(process.stderr)
  const meter = new ProgressMeter()
  let lastDrawnAt = 0
  const report = (progress: Progress) => {
    const now = context.clock.now()
    meter.update(progress, now)
    if (!terminal.interactive || options.quiet || options.json || now - lastDrawnAt < 120) return
    lastDrawnAt = now
    process.stderr.write(`\r\x1b[K  ${meter.spinner()} ${component}  ${meter.text(terminal.columns - component.length - 7)}`)
  }
  const outcome = await restore(
    context,
    { component, at: options.at, point: options.point, paths: options.path ?? [], target, overwrite: options.overwrite ?? false },
    report,
  ).finally(() => {
    if (lastDrawnAt > 0) process.stderr.write('\r\x1b[K')
  })
  if (options.json) process.stdout.write(`${jsonDocument({ restore: outcome })}\n`)
  else if (!options.quiet) process.stdout.write(`${outcomeLines(outcome).join('\n')}\n`)
  return 0
}

/** Asks on the terminal for what the command line leaves open; throws `usage` where nobody can be asked. */
async function complete(
  context: AppContext,
  options: RestoreOptions,
  component: string | undefined,
): Promise<RestoreOptions & { readonly component: string; readonly to: string }> {
  const { to, at, point, path, overwrite, json, quiet, yes } = options
  if (component !== undefined && to !== undefined) return { ...options, component, to }
  const mayAsk = process.stdin.isTTY && terminalOf(process.stderr).interactive && !json && !quiet && !yes
  const begun = to !== undefined || at !== undefined || point !== undefined || path !== undefined || overwrite !== undefined
  if (mayAsk && !begun) {
    const { guideRestore } = await import('../guide/guide-restore.ts')
    return { ...options, ...(await guideRestore(context, options, component)) }
  }
  throw new HoldfastError('usage', `a restore needs ${component === undefined ? 'a component and ' : ''}a place to go to`, {
    hint: `holdfast restore ${component ?? 'COMPONENT'} --to FOLDER; without any option, and on a terminal, it asks for everything`,
  })
}

function outcomeLines(outcome: RestoreOutcome): string[] {
  const { paint } = terminalOf(process.stdout)
  const { cluster } = outcome
  const lines = [
    `${paint('good', '✓')} ${outcome.component} as of ${timeText(outcome.restoredTo, 'seconds')}, from ${shortPointId(outcome.point)}, in ${formatDuration(outcome.durationMs)}`,
    ...(outcome.pin === undefined ? [] : [`  ★ that point is kept for ever: ${visible(outcome.pin)}`]),
    ...outcome.places.map((place) => `  ${visible(place)}`),
    ...outcome.notes.map((note) => `  ${note}`),
  ]
  if (cluster) {
    const databases = cluster.databases.map(({ name, sizeBytes }) => `${visible(name)} (${formatSize(sizeBytes)})`).join(', ')
    lines.push(
      `  it started, recovered and answered: PostgreSQL ${cluster.majorVersion}, databases ${databases}`,
      ...(cluster.lastTransactionAt === undefined ? [] : [`  last transaction in it: ${cluster.lastTransactionAt}`]),
      ...(cluster.lastHeartbeat === undefined
        ? []
        : [`  last heartbeat in it: ${timeText(cluster.lastHeartbeat.at, 'seconds')}`]),
      ...(outcome.lossAtMostMs === undefined
        ? []
        : [`  at most ${formatDuration(outcome.lossAtMostMs)} of work is missing, up to the time that was asked for`]),
      `  to look inside, as its owner: /usr/lib/postgresql/${cluster.majorVersion}/bin/pg_ctl -D ${outcome.target} -o '-p 5499' -w start`,
    )
  }
  return lines
}
