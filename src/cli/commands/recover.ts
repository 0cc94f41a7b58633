import { previewRecovery } from '../../app/recover/preview.ts'
import { requireRestic } from '../../app/recover/recover-programs.ts'
import { recoverInSteps } from '../../app/recover/session.ts'
import { holdSite } from '../../app/site/hold-site.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { locationText } from '../../domain/repository.ts'
import { contextOf } from '../compose.ts'
import type { Console } from '../output/console.ts'
import { previewDocument, previewLines } from '../views/recover-preview.ts'
import { recoveredLines, recoveryEndLines, recoveryPlanLines } from '../views/recover-view.ts'
import { askSecrets, composeRecovery, contextBefore, seedSite, type RecoverOptions } from '../recovery.ts'

interface RecoverCommandOptions extends RecoverOptions {
  readonly step?: string[]
  readonly takeOver?: boolean
  readonly dryRun?: boolean
}

/** A bare machine back from storage and passphrase; or, with --take-over, the live machine from now on. */
export async function recover(options: RecoverCommandOptions, console: Console): Promise<number> {
  if (options.takeOver) return (await import('./take-over.ts')).takeOverCommand(options, console)
  const seed = await seedSite(options)
  const secrets = await askSecrets(seed, console)
  const bare = await contextOf(seed, secrets, console)
  return holdSite(bare, 'recover', async () => {
    await requireRestic(bare, () => console.confirm('restic is needed to open the recovery kit: install it with apt-get?', true))
    const recovery = await composeRecovery(bare, secrets, options, console)
    const { site, kit } = recovery
    if (options.dryRun) {
      const steps = await previewRecovery(recovery, options.step ?? [], () => contextBefore(recovery, secrets, console))
      console.print({ recovery: previewDocument(site.name, steps) }, (terminal) => previewLines(site, steps, terminal))
      return exitCodes.done
    }
    const location = locationText(bare.kit.location)
    const outcome = await recoverInSteps(recovery, options.step ?? [], {
      planned: (steps, record) =>
        console.tell((terminal) => recoveryPlanLines(site.name, kit, location, steps, record, terminal)),
      canAgree: options.yes === true || console.canAsk,
      agree: ({ what }) => {
        if (!options.yes) console.fail(() => [''])
        return console.confirm(`${what}?`, true)
      },
      begin: ({ id }) => console.progress(id, bare.clock),
      done: ({ id }, result) => console.tell((terminal) => recoveredLines(id, result, terminal)),
    })
    console.print({ recover: outcome.report }, (terminal) => recoveryEndLines(outcome, site.schedule.backup, terminal))
    return outcome.left.length === 0 ? exitCodes.done : exitCodes.partlyDone
  })
}
