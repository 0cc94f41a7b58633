import { rmSync } from 'node:fs'
import { exitCodeOfRun } from '../../app/backup/back-up.ts'
import { lockFileOf } from '../../app/site/context.ts'
import type { Lease } from '../../app/site/lease.ts'
import { recoveryFileOf, recoveryFolderOf } from '../../app/recover/recover.ts'
import type { RunResult } from '../../domain/events.ts'
import { HoldfastError, toHoldfastError } from '../../domain/errors.ts'
import { shellWord } from '../../places/command-text.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { Console } from '../output/console.ts'
import { runShowing } from './backup.ts'
import { scheduleApply } from './schedule.ts'
import { applyAndProve } from './setup.ts'

/**
 * Makes this the live machine: it takes the lease, sets everything up, archiving included, takes a backup at once, because a
 * restored database has no recovery window on its new timeline before, and starts the timers.
 */
export async function takeOver(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  const { site } = context
  await context.storage.check(context.signal)
  const holder = await context.lease.holder()
  if (!(await console.askToType(site.name, consequences(site.name, holder)))) {
    throw new HoldfastError('usage', 'not confirmed; nothing was changed', { hint: `type ${site.name}, or give --yes` })
  }
  const postponed = await withSiteLock(
    {
      place: context.place,
      clock: context.clock,
      signal: context.signal,
      file: lockFileOf(context),
      verb: 'recover --take-over',
      waitMs: 0,
      onWait: () => undefined,
    },
    async () => {
      await context.lease.takeOver()
      return applyAndProve(context, withoutDocument(console))
    },
  )
  if (postponed !== 0) {
    const words = ['holdfast', 'recover', '--take-over', ...(options.config === undefined ? [] : ['--config', options.config])]
    withoutDocument(console).fail(() => [
      `no backup was made and no timer started; when that is done, again: ${words.map(shellWord).join(' ')}`,
    ])
    return postponed
  }
  const wish = { components: [], pin: undefined, allowEmpty: false, waitMs: 0, retention: false }
  const result = await runShowing(context, wish, console)
  const exitCode = isWhole(result) ? 0 : exitCodeOfRun(result)
  // What it was recovered from is of no more use.
  if (exitCode === 0) {
    rmSync(recoveryFolderOf(context.stateDirectory), { recursive: true, force: true })
    rmSync(recoveryFileOf(context.stateDirectory), { force: true })
    await startTimers(options, console)
  }
  return exitCode
}

/** The document of this verb is the run's. */
const withoutDocument = ({ outlet, options }: Console): Console =>
  new Console(outlet, { ...options, json: false, quiet: options.quiet === true || options.json === true })

/** The last thing that the machine before had, and this one lacks. */
async function startTimers(options: GlobalOptions, console: Console): Promise<void> {
  try {
    await scheduleApply(options, withoutDocument(console))
  } catch (error) {
    const { code, message, hint } = toHoldfastError(error)
    if (code !== 'program-missing' && code !== 'not-root') throw error
    withoutDocument(console).fail(() => [`no timer was started: ${message}`, ...(hint === undefined ? [] : [hint])])
  }
}

/** What the restored database wrote while it did not archive is in the new backup, and its gap is told of. That is no failure. */
const isWhole = ({ outcome, steps, errors }: RunResult): boolean =>
  outcome === 'done' ||
  (errors.length === 0 && steps.every((step) => step.point !== undefined && step.errors.every(({ code }) => code === 'wal-gap')))

function consequences(site: string, holder: Lease | undefined): string[] {
  if (holder === undefined) return [`this machine will be the one that backs up ${site}`]
  return [
    `${holder.holder} has backed up ${site} since ${holder.since.slice(0, 16).replace('T', ' ')} UTC. From now on it is refused, and this machine does it.`,
    'It must be off, or its PostgreSQL stopped: its archive_command can’t be refused.',
  ]
}
