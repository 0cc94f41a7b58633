import { isHoldfastError } from '../../domain/errors.ts'
import { bytes } from '../../domain/size.ts'
import type { ClusterBinding, DatabaseEngine, EngineConfiguration, PointNaming } from '../database-port.ts'
import { pointUnknown, removePoints } from '../removal.ts'
import { versionText } from '../version.ts'
import { backupsFrom, parseList, pointsOf } from './answers.ts'
import { backUp } from './back-up.ts'
import { BlockMakers } from './block-makers.ts'
import {
  annotateCommand,
  archiveCommandText,
  backUpCommand,
  checkCommand,
  createCommand,
  expireCommand,
  expireSetCommand,
  historyListCommand,
  historyRemoveCommand,
  repositoryListCommand,
  upgradeCommand,
} from './commands.ts'
import { configurationText } from './configuration.ts'
import { createNaming } from './naming.ts'
import { recoverability } from './recoverability.ts'
import { restore, restoreCommandOf } from './restore.ts'
import { oldestVersion, PgbackrestRun, type PgbackrestOptions } from './run.ts'

/** pgBackRest, bound to the stanza of one component. */
export function createPgbackrestEngine(options: PgbackrestOptions): DatabaseEngine {
  const { place } = options
  const pgbackrest = new PgbackrestRun(options)
  const blocks = new BlockMakers()
  return {
    name: 'pgbackrest',
    version: async (context) => versionText(await pgbackrest.version(context)),
    exists: (context) =>
      pgbackrest.info(context).then(
        () => true,
        (error: unknown) => {
          if (isHoldfastError(error) && error.code === 'repository-missing') return false
          throw error
        },
      ),
    setUp: async (context) => void (await pgbackrest.run(createCommand(options), context)),
    backUpCommands: async ({ kind, pin }) => [place.displayCommand(backUpCommand(options, kind, pin))],
    backUp: (request, context) => backUp(pgbackrest, request, context),
    async listPoints(context) {
      const stanza = await pgbackrest.info(context)
      blocks.note(stanza)
      return pointsOf(stanza)
    },
    restoreCommands: async (request) => [place.displayCommand(restoreCommandOf(options, request))],
    async restore(request, context) {
      blocks.refuseNewer(request.point, await pgbackrest.version(context))
      await restore(pgbackrest, request, context)
    },
    remove: (points, gone, context) =>
      removePoints(points, gone, context, {
        // Each removal is a process either way.
        atOnce: 1,
        list: async (asking) => pointsOf(await pgbackrest.info(asking)),
        remove: ([label = '']) => pgbackrest.runLong(expireSetCommand(options, label), context),
      }),
    async prune({ keepWalFrom }, context) {
      const kept = keepWalFrom && backupsFrom(await pgbackrest.info(context), keepWalFrom.id)
      if (keepWalFrom !== undefined && kept === undefined) throw pointUnknown(keepWalFrom)
      await pgbackrest.runLong(expireCommand(options, kept), context)
    },
    async pin(point, reason, context) {
      await pgbackrest.run(annotateCommand(options, point.id, reason), context)
      return point.id
    },
    check: async (context) => void (await pgbackrest.run(checkCommand(options), context)),
    async usage(context) {
      const files = parseList(await pgbackrest.ask(repositoryListCommand(options), context))
      return bytes(files.reduce((sum, file) => sum + file.sizeBytes, 0))
    },
    // pgBackRest's locks are the kernel's and end with their process; the next backup resumes or removes a half-made one. On
    // this machine a process ends with us; in a container one may be left.
    heal: async ({ signal }) => (place.kind === 'container' ? place.stopLeftOver(signal) : []),
    async manualRestore(request) {
      const { manualRestore } = await import('./manual-restore.ts')
      return manualRestore({ ...options, oldest: oldestVersion, hasToken: options.secrets.s3Keys?.token !== undefined }, request)
    },
    recoverability: (known, context) => recoverability(pgbackrest, known, context),
    naming: namingOf(pgbackrest),
    cluster: clusterOf(pgbackrest),
    configuration: configurationOf(pgbackrest),
  }
}

const namingOf = (pgbackrest: PgbackrestRun): PointNaming =>
  createNaming({
    labels: async (context) => (await pgbackrest.info(context)).backup.map(({ label }) => label),
    listHistory: async (context) => parseList(await pgbackrest.ask(historyListCommand(pgbackrest.options), context)),
    removeHistory: async (label, context) => {
      await pgbackrest.run(historyRemoveCommand(pgbackrest.options, label), context)
    },
  })

const clusterOf = (pgbackrest: PgbackrestRun): ClusterBinding => ({
  async known(context) {
    const newest = (await pgbackrest.info(context)).db.toSorted((one, other) => one.id - other.id).at(-1)
    return newest && { majorVersion: newest.version, systemId: newest['system-id'] }
  },
  upgrade: async (context) => void (await pgbackrest.run(upgradeCommand(pgbackrest.options), context)),
  upgradeCommand: () => pgbackrest.options.place.displayCommand(upgradeCommand(pgbackrest.options)),
})

function configurationOf({ options, configurationHere }: PgbackrestRun): EngineConfiguration {
  const { component, stanza, secrets, patience, workDirectory } = options
  const { location, source } = component
  return {
    file: configurationHere,
    fileForEngine: options.configuration,
    workDirectory,
    archiveCommand: archiveCommandText(options),
    text: ({ port, socketDirectory, dataDirectory = source.dataDirectory }) =>
      configurationText({
        ...{ stanza, location, ...secrets, patience, workDirectory, dataDirectory, port, socketDirectory },
        processes: source.processes,
        user: source.user,
      }),
  }
}
