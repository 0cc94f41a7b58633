import { isHoldfastError } from '../../domain/errors.ts'
import { bytes } from '../../domain/size.ts'
import type { FileEngine } from '../file-port.ts'
import { removePoints } from '../removal.ts'
import { versionText } from '../version.ts'
import { parsePoints, parseUsage } from './answers.ts'
import { backUp, backUpCommandOf } from './back-up.ts'
import { checkCommand, createCommand, forgetCommand, probeCommand, pruneCommand, usageCommand } from './commands.ts'
import { heal, runExclusively } from './locks.ts'
import { count, measure } from './measure.ts'
import { pin } from './pin.ts'
import { listDeletions, overwriting, restore, restoreCommandsOf } from './restore.ts'
import { oldestVersion, ResticRun, type ResticOptions } from './run.ts'

/** restic, bound to the repository of one component. */
export function createResticEngine(options: ResticOptions): FileEngine {
  const restic = new ResticRun(options)
  return {
    name: 'restic',
    version: async (context) => versionText(await restic.version(context)),
    exists: (context) =>
      restic.ask(probeCommand(options), context).then(
        () => true,
        (error: unknown) => {
          if (isHoldfastError(error) && error.code === 'repository-missing') return false
          throw error
        },
      ),
    setUp: async (context) => void (await restic.ask(createCommand(options), context)),
    backUpCommands: async (request) => [backUpCommandOf(options, request.pin)],
    backUp: (request, context) => backUp(restic, request, context),
    listPoints: async (context) => parsePoints(await restic.snapshots(context)),
    restoreCommands: async (request, context) => restoreCommandsOf(options, await restic.version(context), request),
    restore: (request, context) => restore(restic, request, context),
    measure: (part, context) => measure(restic, part, context),
    count: (point, context) => count(restic, point, context),
    overwriting: (context) => overwriting(restic, context),
    listDeletions: (request, context) => listDeletions(restic, request, context),
    remove: (points, gone, context) =>
      removePoints(points, gone, context, {
        // A process takes half a second to open the repository, however many it forgets.
        atOnce: 100,
        list: async (asking) => parsePoints(await restic.snapshots(asking)),
        remove: (ids) => runExclusively(restic, forgetCommand(options, ids), context),
      }),
    // How much may stay unused, and what is repacked, is left to restic: 5 % of the repository.
    prune: (context) => runExclusively(restic, pruneCommand(options), context),
    pin: (point, reason, context) => pin(restic, point, reason, context),
    check: async (context) => void (await restic.runLong(checkCommand(options), context)),
    usage: async (context) => bytes(parseUsage(await restic.ask(usageCommand(options), context))),
    heal: (context) => heal(restic, context),
    async manualRestore(request) {
      const { manualRestore } = await import('./manual-restore.ts')
      return manualRestore({ ...options, oldest: oldestVersion }, request)
    },
    browsing: async () => (await import('./browsing.ts')).createResticBrowsing(restic),
  }
}
