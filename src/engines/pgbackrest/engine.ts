import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError, isHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import type { Command } from '../../domain/command.ts'
import { duration, type Duration } from '../../domain/duration.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { bytes } from '../../domain/size.ts'
import { BoundedText } from '../../places/bounded-text.ts'
import type { Finished, Place, RunOptions } from '../../places/place.ts'
import { explainFailure } from '../failure.ts'
import { InstalledEngines } from '../installed.ts'
import { tablespaceFolder, type BackUpResult, type Engine, type EngineContext, type RestoreRequest } from '../port.ts'
import { atLeast, parseVersion, versionText, type Version } from '../version.ts'
import { pointUnknown, removePoints } from '../removal.ts'
import {
  backupsFrom,
  FileProgress,
  parseErrorList,
  parseInfo,
  parseList,
  pointsOf,
  stanzaStatus,
  warningOf,
  type StanzaInfo,
} from './answers.ts'
import {
  annotateCommand,
  archiveCommandText,
  archiveFileCommand,
  archiveListCommand,
  backUpCommand,
  checkCommand,
  createCommand,
  expireCommand,
  expireSetCommand,
  historyListCommand,
  historyRemoveCommand,
  infoCommand,
  infoSetCommand,
  repositoryListCommand,
  restoreCommand,
  upgradeCommand,
  versionCommand,
  type PgbackrestSetting,
  type RecoveryTarget,
} from './commands.ts'
import { configurationText, type PgbackrestConfiguration } from './configuration.ts'
import { pgbackrestFailures } from './errors.ts'
import { createNaming } from './naming.ts'
import { withTrueEnds } from './window-ends.ts'
import { reachOf } from './windows.ts'

/** The oldest pgBackRest that is tested, Debian 12's. */
const oldestVersion: Version = [2, 45]

const questionDeadline = duration(15, 'm')
const answerBytes = 256 * 2 ** 20

export interface PgbackrestOptions extends PgbackrestSetting {
  readonly component: PostgresComponent
  readonly patience: Duration
  readonly place: Place
  /** Shared by the engines of a run, so that each program is asked once. */
  readonly installed?: InstalledEngines
  /** Undefined where pgBackRest's own places do: inside a container. */
  readonly workDirectory: string | undefined
  /** Where the configuration lies on this machine, when that isn't where pgBackRest finds it. */
  readonly configurationHere?: string
  readonly secrets: Pick<PgbackrestConfiguration, 'passphrase' | 's3Keys'>
}

/** Two machines, or a container and its new image, took turns: what the newer one wrote may be too new for the older. */
function olderThan(newest: StanzaInfo['backup'][number] | undefined, own: Version): string[] {
  const maker = parseVersion(newest?.backrest?.version ?? '')
  if (newest === undefined || maker === undefined || atLeast(own, maker)) return []
  const [made, now] = [versionText(maker), versionText(own)]
  return [`backup ${newest.label} was made by pgBackRest ${made}, and this one by ${now}: keep to the newer, wherever it runs`]
}

function targetOf({ at, point, timeline: wanted }: RestoreRequest): RecoveryTarget {
  if (at === undefined || at === 'point') return { to: 'backup-end' }
  const timeline = wanted === undefined || wanted === point.timeline ? 'current' : wanted
  if (at === 'archive-end') return { to: 'archive-end', timeline }
  return typeof at === 'object' ? { to: 'name', name: at.name, timeline } : { to: 'time', at, timeline }
}

/** pgBackRest goes on only with a folder in which it finds one of these. Killed before, it left nothing worth going on with. */
const canGoOn = (target: string): boolean => ['PG_VERSION', 'backup.manifest'].some((name) => existsSync(join(target, name)))

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
}

/** Not recursive: a folder that is there already is somebody's, and makes this throw, unless an earlier restore made it. */
function makeTablespaceFolder(folder: string, target: string, mayExist: boolean): void {
  const { uid, gid } = statSync(target)
  if (mayExist && lstatSync(folder, { throwIfNoEntry: false })?.uid === uid) return
  mkdirSync(folder, { mode: 0o700 })
  lchownSync(folder, uid, gid)
}

export function createPgbackrestEngine(options: PgbackrestOptions): Engine {
  const { place, component } = options
  const configurationHere = options.configurationHere ?? options.configuration
  const installed = options.installed ?? new InstalledEngines(place)
  const wanted = { name: 'pgbackrest', question: versionCommand(options.program), oldest: oldestVersion } as const

  const version = (context: EngineContext): Promise<Version> => installed.versionOf(wanted, context)

  /** Backups in blocks, as far as they were listed, and the versions that made them. */
  const blockMakers = new Map<string, Version>()

  const restoreCommandOf = (request: RestoreRequest): Command => {
    const { point, target, holds = 'nothing', database } = request
    return restoreCommand(options, point.id, targetOf(request), { directory: target, holds, database })
  }

  /**
   * Runs a command. pgBackRest writes its errors into its log, and that goes to standard output, so both outputs are kept
   * for the error table.
   */
  async function run(command: Command, context: EngineContext, extra: Partial<RunOptions> = {}): Promise<Finished> {
    await version(context)
    if (!existsSync(configurationHere)) {
      throw new HoldfastError('engine-configuration', `${configurationHere} does not exist`, {
        hint: 'holdfast setup plan shows what is missing, holdfast setup apply writes it',
      })
    }
    const said = new BoundedText()
    const finished = await place.run(command, {
      deadlineMs: questionDeadline,
      ...extra,
      signal: context.signal,
      ...(extra.captureBytes === undefined
        ? {
            onStdoutLine: (line) => {
              if (!line.includes(' DETAIL: ')) said.addLine(line)
              return extra.onStdoutLine?.(line)
            },
          }
        : {}),
    })
    if (finished.exitCode !== 0) {
      const words = [extra.captureBytes === undefined ? said.toString() : finished.stdout, finished.stderr].join('\n').trim()
      throw explainFailure('pgbackrest', finished, words, pgbackrestFailures)
    }
    return finished
  }

  const ask = (command: Command, context: EngineContext) => run(command, context, { captureBytes: answerBytes })

  /** `info` exits 0 whatever it finds; what it found wrong is turned into an error here. */
  async function info(context: EngineContext): Promise<StanzaInfo> {
    const answer = await ask(infoCommand(options), context)
    const stanza = parseInfo(answer.stdout)
    const { code, message } = stanza.status
    if (code === stanzaStatus.ok || code === stanzaStatus.noBackups) return stanza
    if (code === stanzaStatus.missingPath || code === stanzaStatus.missingData) {
      throw explainFailure('pgbackrest', { ...answer, exitCode: 103 }, message, pgbackrestFailures)
    }
    const words = [message, answer.stdout].join('\n')
    throw explainFailure('pgbackrest', { ...answer, exitCode: code }, words, pgbackrestFailures)
  }

  return {
    name: 'pgbackrest',
    version: async (context) => versionText(await version(context)),

    async exists(context) {
      try {
        await info(context)
        return true
      } catch (error) {
        if (isHoldfastError(error) && error.code === 'repository-missing') return false
        throw error
      }
    },

    async setUp(context) {
      await run(createCommand(options), context)
    },

    backUpCommands: async ({ kind, pin }) => [place.displayCommand(backUpCommand(options, kind, pin))],

    async backUp({ kind, pin }, context): Promise<BackUpResult> {
      const present = (await info(context)).backup
      const before = new Set(present.map((backup) => backup.label))
      const files = new FileProgress()
      const warnings = olderThan(present.at(-1), await version(context))
      await run(backUpCommand(options, kind, pin), context, {
        deadlineMs: component.deadline,
        onStdoutLine: (line) => {
          const progress = files.read(line)
          if (progress) context.report(progress)
          const warning = warningOf(line)
          if (warning !== undefined && warnings.length < 20) warnings.push(warning)
        },
      })
      const made = pointsOf(await info(context)).findLast((point) => !before.has(point.id))
      if (made === undefined) {
        throw new HoldfastError('engine-output', 'pgBackRest ended well, but no new backup is in the repository')
      }
      return {
        point: { id: made.id, kind: made.kind },
        processedBytes: made.sizeBytes ?? bytes(0),
        addedBytes: made.addedBytes ?? bytes(0),
        faults: made.hasErrors ? [await pageFault(made.id, context)] : [],
        warnings,
      }
    },

    async listPoints(context) {
      const stanza = await info(context)
      for (const { label, backrest, info: sizes } of stanza.backup) {
        const maker = parseVersion(backrest?.version ?? '')
        if (maker !== undefined && sizes.repository['delta-map']) blockMakers.set(label, maker)
      }
      return pointsOf(stanza)
    },

    restoreCommands: async (request) => [place.displayCommand(restoreCommandOf(request))],

    async restore(request, context) {
      await refuseNewerBlocks(request.point, context)
      const { target, holds = 'nothing' } = request
      const files = new FileProgress()
      const tablespaces = holds === 'live' ? undefined : tablespaceFolder(target)
      const goesOn = holds !== 'nothing' && canGoOn(target)
      if (holds !== 'nothing' && !goesOn) emptyFolder(target)
      if (tablespaces !== undefined) makeTablespaceFolder(tablespaces, target, holds === 'unfinished')
      if (tablespaces !== undefined && !goesOn) emptyFolder(tablespaces)
      await run(restoreCommandOf(request), context, {
        deadlineMs: component.deadline,
        onStdoutLine: (line) => {
          const progress = files.read(line)
          if (progress) context.report(progress)
        },
      })
      if (tablespaces !== undefined && readdirSync(tablespaces).length === 0) rmdirSync(tablespaces)
    },

    remove: (points, gone, context) =>
      removePoints(points, gone, context, {
        // Each removal is a process either way.
        atOnce: 1,
        list: async (asking) => pointsOf(await info(asking)),
        remove: async ([label = '']) => {
          await run(expireSetCommand(options, label), context, { deadlineMs: component.deadline })
        },
      }),

    async prune({ keepWalFrom }, context) {
      const kept = keepWalFrom && backupsFrom(await info(context), keepWalFrom.id)
      if (keepWalFrom !== undefined && kept === undefined) throw pointUnknown(keepWalFrom)
      await run(expireCommand(options, kept), context, { deadlineMs: component.deadline })
    },

    async pin(point, reason, context) {
      await run(annotateCommand(options, point.id, reason), context)
      return point.id
    },

    async check(context) {
      await run(checkCommand(options), context)
    },

    async usage(context) {
      const files = parseList((await ask(repositoryListCommand(options), context)).stdout)
      return bytes(files.reduce((sum, file) => sum + file.sizeBytes, 0))
    },

    async restoreByHand(request) {
      const { restoreByHand } = await import('./by-hand.ts')
      return restoreByHand({ ...options, oldest: oldestVersion, hasToken: options.secrets.s3Keys?.token !== undefined }, request)
    },

    configuration: {
      file: configurationHere,
      fileForEngine: options.configuration,
      workDirectory: options.workDirectory,
      archiveCommand: archiveCommandText(options),
      text: ({ port, socketDirectory, dataDirectory = component.source.dataDirectory }) =>
        configurationText({
          stanza: options.stanza,
          location: component.location,
          ...options.secrets,
          processes: component.source.processes,
          patience: options.patience,
          workDirectory: options.workDirectory,
          dataDirectory,
          port,
          socketDirectory,
          user: component.source.user,
        }),
    },

    // pgBackRest's locks are the kernel's and die with their process; a half-made backup is resumed or removed by the next. Here
    // a process dies with us; elsewhere one may be left.
    heal: async ({ signal }) => (place.kind === 'container' ? await place.stopLeftOver(signal) : []),

    async recoverability(known, context) {
      const stanza = await info(context)
      const reach = reachOf(stanza, parseList((await ask(archiveListCommand(options), context)).stdout))
      return { ...reach, windows: await withTrueEnds(reach.windows, known, (path) => fetchWal(path, context)) }
    },

    naming: createNaming({
      labels: async (context) => (await info(context)).backup.map(({ label }) => label),
      listHistory: async (context) => parseList((await ask(historyListCommand(options), context)).stdout),
      removeHistory: async (label, context) => {
        await run(historyRemoveCommand(options, label), context)
      },
    }),

    cluster: {
      async known(context) {
        const newest = (await info(context)).db.toSorted((one, other) => one.id - other.id).at(-1)
        return newest && { majorVersion: newest.version, systemId: newest['system-id'] }
      },
      async upgrade(context) {
        await run(upgradeCommand(options), context)
      },
      upgradeCommand: () => place.displayCommand(upgradeCommand(options)),
    },
  }

  /** What cannot be read for a reason of its own is as good as absent; a storage that went away is not. */
  async function fetchWal(path: string, context: EngineContext): Promise<Uint8Array | undefined> {
    try {
      return (await run(archiveFileCommand(options, path), context, { captureBytes: answerBytes, raw: true })).bytes
    } catch (error) {
      if (!isHoldfastError(error) || error.retryable || error.code === 'interrupted') throw error
      return undefined
    }
  }

  /**
   * 2.45 lists block incrementals, and then reports them as damaged or tries for ever to restore them. Throws
   * `engine-too-old` for a point that needs one which a newer pgBackRest made.
   */
  async function refuseNewerBlocks(point: RestorePoint, context: EngineContext): Promise<void> {
    const own = await version(context)
    for (const label of [point.id, ...point.dependsOn]) {
      const maker = blockMakers.get(label)
      if (maker === undefined || atLeast(own, maker)) continue
      const [made, installedNow] = [versionText(maker), versionText(own)]
      throw new HoldfastError(
        'engine-too-old',
        `backup ${label} is in blocks of pgBackRest ${made}, which ${installedNow} cannot read`,
        {
          hint: `install ${made} or newer, or name it under engines: in holdfast.yaml; the repository is untouched`,
        },
      )
    }
  }

  async function pageFault(label: string, context: EngineContext): Promise<ErrorRecord> {
    const files = parseErrorList((await ask(infoSetCommand(options, label), context)).stdout)
    return {
      code: 'page-checksum',
      message: `backup ${label} holds pages with wrong checksums in ${files.slice(0, 10).join(', ')}`,
      hint: 'a disk or memory may be failing: compare with pg_amcheck, and restore the table from an older point; this point is not counted as good',
    }
  }
}
