import { exitCodeOfRun } from '../../app/backup/back-up.ts'
import { takeOver } from '../../app/recover/take-over.ts'
import type { Lease } from '../../state/lease-files.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { shellWord } from '../../places/command-text.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import { Console } from '../output/console.ts'
import { errorLines } from '../output/error.ts'
import { setUpEndLines } from '../views/setup-view.ts'
import { runShowing } from './backup.ts'
import { scheduleApply } from './schedule.ts'
import { setUpListener } from './setup.ts'

/** This is the live machine from now on. */
export async function takeOverCommand(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeContext(options, console)
  const { name } = context.site
  const wish = { components: [], pin: undefined, allowEmpty: false, waitMs: 0, retention: false }
  // The document of this verb is the run's.
  const { json, quiet } = options
  const others = new Console(console.outlet, { ...options, json: false, quiet: quiet === true || json === true })
  const { run, isWhole, timersError } = await takeOver(context, {
    agree: (holder) => console.askToType(name, consequences(name, holder)),
    setUp: setUpListener(others),
    hasSetUp: (outcome) => others.tell(() => setUpEndLines(outcome)),
    backUp: () => runShowing(context, wish, console),
    startTimers: async () => void (await scheduleApply(options, others)),
  })
  if (run === undefined) {
    const words = ['holdfast', 'recover', '--take-over', ...(options.config === undefined ? [] : ['--config', options.config])]
    const again = words.map(shellWord).join(' ')
    others.fail(() => [`no backup was made and no timer started; when that is done, again: ${again}`])
    return exitCodes.partlyDone
  }
  if (timersError !== undefined) {
    const [message = '', ...hint] = errorLines(timersError)
    others.fail(() => [`no timer was started: ${message}`, ...hint])
  }
  return isWhole ? exitCodes.done : exitCodeOfRun(run)
}

function consequences(site: string, holder: Lease | undefined): string[] {
  if (holder === undefined) return [`this machine will be the one that backs up ${site}`]
  return [
    `${holder.holder} has backed up ${site} since ${holder.since.slice(0, 16).replace('T', ' ')} UTC. From now on it is refused, and this machine does it.`,
    'It must be off, or its PostgreSQL stopped: its archive_command can’t be refused.',
  ]
}
