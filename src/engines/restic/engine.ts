import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError, isHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import type { Command } from '../../domain/command.ts'
import { duration, type Duration } from '../../domain/duration.ts'
import type { FilesComponent } from '../../domain/site.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import { BoundedText } from '../../places/bounded-text.ts'
import type { Finished, Place } from '../../places/place.ts'
import { explainFailure, knownFailure } from '../failure.ts'
import { InstalledEngines } from '../installed.ts'
import { Patience } from '../patience.ts'
import type { BackUpResult, Engine, EngineContext, RestoreRequest, SnapshotPart } from '../port.ts'
import { removePoints } from '../removal.ts'
import { atLeast, versionText, type Version } from '../version.ts'
import type { ExtraOptions } from './extra-options.ts'
import {
  deletedIn,
  fileErrorOf,
  parseCount,
  parseMessage,
  parsePoints,
  parseSnapshots,
  parseSummary,
  parseUsage,
  progressOf,
  sizeOfFound,
  sizeOfListed,
  wordsOf,
  type BackUpSummary,
} from './answers.ts'
import {
  backUpCommand,
  checkCommand,
  createCommand,
  findCommand,
  forgetCommand,
  listCommand,
  listLocksCommand,
  liveParts,
  probeCommand,
  pruneCommand,
  replacesWhatIsThere,
  restoreCommand,
  sizeCommand,
  snapshotsCommand,
  tagCommand,
  tellsRestoreProgress,
  unlockCommand,
  usageCommand,
  versionCommand,
  type ResticSetting,
} from './commands.ts'
import { resticFailures } from './errors.ts'
import { keepFoldersAbove } from './folders-above.ts'
import { pinChange, pinned } from './pin-tag.ts'

/** The oldest restic that is tested, Debian 12's. */
const oldestVersion: Version = [0, 14]

/** Questions are short; only backups and restores may take the component's whole deadline. */
const questionDeadline = duration(15, 'm')

/** Unreadable files that are named one by one; of the rest only the number is told. */
const namedFaults = 20

const answerBytes = 256 * 2 ** 20

export interface ResticOptions extends ResticSetting {
  readonly site: string
  readonly component: FilesComponent
  readonly patience: Duration
  readonly place: Place
  /** Shared by the engines of a run, so that each program is asked once. */
  readonly installed?: InstalledEngines
}

export function createResticEngine(options: ResticOptions): Engine {
  const { place, component } = options
  const installed = options.installed ?? new InstalledEngines(place)
  const wanted = { name: 'restic', question: versionCommand(options.program), oldest: oldestVersion } as const

  const version = (context: EngineContext): Promise<Version> => installed.versionOf(wanted, context)

  /** Runs a command with patience for the storage; a failure comes back as an error of the table. */
  async function run(command: Command, context: EngineContext, extra: ExtraOptions = {}): Promise<Finished> {
    await version(context)
    const { accept = [0], tellsProgress = false, onMessage, onWords, onStdoutLine, onStderrLine, ...rest } = extra
    const patience = new Patience(options.patience, context.signal)
    if (tellsProgress) patience.expectProgress()
    const said = new BoundedText()
    try {
      const finished = await place.run(command, {
        deadlineMs: questionDeadline,
        ...rest,
        signal: patience.signal,
        onStdoutLine: (line) => {
          if (onStdoutLine !== undefined) return onStdoutLine(line)
          const message = parseMessage(line)
          if (message === undefined) return onWords?.(line)
          if (message.message_type !== 'status') return onMessage?.(message)
          const progress = progressOf(message)
          patience.hear(progress)
          context.report(progress)
        },
        onStderrLine: (line) => {
          said.addLine(line)
          if (/operation successful after \d+ retries/.test(line)) patience.storageAnswered()
          else if (/retrying after|will retry/.test(line)) {
            patience.requestFailed(line)
            context.report({ note: 'the storage does not answer; restic keeps trying' })
          }
          return onStderrLine?.(line)
        },
      })
      if (finished.exitCode === undefined || !accept.includes(finished.exitCode)) {
        throw explainFailure('restic', finished, wordsOf(finished.stderr), resticFailures)
      }
      return finished
    } catch (error) {
      // What it said before it fell silent may well tell why.
      const stalled = isHoldfastError(error) && error.code === 'engine-stalled'
      throw (stalled && knownFailure(said.toString(), undefined, resticFailures)) || error
    } finally {
      patience.end()
    }
  }

  const ask = (command: Command, context: EngineContext) => run(command, context, { captureBytes: answerBytes })

  const snapshots = async (context: EngineContext) => (await ask(snapshotsCommand(options, options.site), context)).stdout

  async function heal(context: EngineContext): Promise<readonly string[]> {
    const locks = async () => (await ask(listLocksCommand(options), context)).stdout.split('\n').filter((line) => line !== '')
    const before = await locks()
    if (before.length === 0) return []
    await ask(unlockCommand(options), context)
    const after = new Set(await locks())
    const removed = before.filter((lock) => !after.has(lock))
    return removed.length === 0 ? [] : [`removed ${removed.length} stale ${removed.length === 1 ? 'lock' : 'locks'} of restic`]
  }

  /** Runs what wants the repository for itself. A stale lock, which stops no backup, would refuse it for ever. */
  async function alone(command: Command, context: EngineContext): Promise<void> {
    const work = () => run(command, context, { deadlineMs: component.deadline })
    try {
      await work()
    } catch (error) {
      if (!isHoldfastError(error) || error.code !== 'locked') throw error
      const healed = await heal(context)
      if (healed.length === 0) throw error
      for (const note of healed) context.report({ note })
      await work()
    }
  }

  function restoreCommandsOf(spoken: Version, request: RestoreRequest, tries = false): Command[] {
    const { point, paths, patterns = [], target, holds, deletes = false, verifies } = request
    const wish = { snapshot: point.id, target, paths, patterns, deletes, tries, verifies: verifies !== undefined }
    if (holds !== 'live' || !atLeast(spoken, replacesWhatIsThere)) return [restoreCommand(options, spoken, wish)]
    return liveParts(paths, patterns).map((part) =>
      restoreCommand(options, spoken, {
        ...wish,
        snapshot: `${point.id}:${part.folder}`,
        target: part.folder,
        paths: [],
        patterns: part.patterns,
      }),
    )
  }

  async function measure({ point, paths, patterns = [] }: SnapshotPart, context: EngineContext): Promise<Bytes> {
    if (paths.length === 0 && patterns.length === 0) {
      return bytes(parseUsage((await ask(sizeCommand(options, point.id), context)).stdout))
    }
    let sum = 0
    for (const path of paths) {
      const { found, sizeBytes } = sizeOfListed((await ask(listCommand(options, point.id, path), context)).stdout, path)
      requireFound(point.id, path, found)
      sum += sizeBytes
    }
    for (const pattern of patterns) {
      const { found, sizeBytes } = sizeOfFound(
        (await ask(findCommand(options, { snapshots: [point.id], patterns: [pattern], ignoreCase: false }), context)).stdout,
      )
      requireFound(point.id, pattern, found)
      sum += sizeBytes
    }
    return bytes(sum)
  }

  return {
    name: 'restic',
    version: async (context) => versionText(await version(context)),

    async exists(context) {
      try {
        await ask(probeCommand(options), context)
        return true
      } catch (error) {
        if (isHoldfastError(error) && error.code === 'repository-missing') return false
        throw error
      }
    },

    async setUp(context) {
      await ask(createCommand(options), context)
    },

    backUpCommands: async ({ pin }) => [backUpCommandOf(options, pin)],

    async backUp({ pin }, context): Promise<BackUpResult> {
      let summary: BackUpSummary | undefined
      const faults: ErrorRecord[] = []
      let unreadableFiles = 0
      const finished = await run(backUpCommandOf(options, pin), context, {
        // 3: a snapshot was made, but some files could not be read.
        accept: [0, 3],
        tellsProgress: true,
        deadlineMs: component.deadline,
        onMessage: (message) => {
          if (message.message_type === 'summary') summary = parseSummary(message)
        },
        onStderrLine: (line) => {
          const message = parseMessage(line)
          if (message?.message_type !== 'error') return
          unreadableFiles += 1
          if (unreadableFiles > namedFaults) return
          const { item, cause } = fileErrorOf(message)
          faults.push({
            code: 'source-unreadable',
            message: `${item} could not be read: ${cause}`,
            hint: 'make it readable for the user that runs holdfast, or add it to exclude',
          })
        },
      })
      if (summary === undefined) {
        throw new HoldfastError('engine-output', 'restic ended without a summary', { detail: wordsOf(finished.stderr) })
      }
      if (unreadableFiles > namedFaults) {
        faults.push({ code: 'source-unreadable', message: `${unreadableFiles - namedFaults} more files could not be read` })
      }
      if (finished.exitCode === 3 && faults.length === 0) {
        faults.push({ code: 'source-unreadable', message: 'some files could not be read', detail: wordsOf(finished.stderr) })
      }
      return {
        point: { id: summary.snapshot_id, kind: 'snapshot' },
        processedBytes: bytes(summary.total_bytes_processed),
        processedFiles: summary.total_files_processed,
        addedBytes: bytes(summary.data_added_packed ?? summary.data_added),
        faults,
        warnings: [],
      }
    },

    listPoints: async (context) => parsePoints(await snapshots(context)),

    restoreCommands: async (request, context) => restoreCommandsOf(await version(context), request),

    async restore(request, context) {
      const spoken = await version(context)
      if (!atLeast(spoken, tellsRestoreProgress)) {
        context.report({ note: `restoring; restic ${versionText(spoken)} does not tell how far it has come` })
      }
      const lies = (path: string) => lstatSync(join(request.target, path), { throwIfNoEntry: false }) !== undefined
      // What lies there before would be taken for restored afterwards.
      const lying = request.paths.filter(lies)
      if (request.holds !== 'live' && lying.length > 0) await measure({ ...request, paths: lying, patterns: [] }, context)
      const restoreAll = async () => {
        for (const command of restoreCommandsOf(spoken, request)) {
          await run(command, context, { deadlineMs: component.deadline, ...hearing(request, context) })
        }
      }
      const { holds, paths, patterns = [] } = request
      if (holds === 'live') await keepFoldersAbove([...paths, ...component.source.paths, ...patterns], restoreAll)
      else await restoreAll()
      // restic restores nothing, and is content, when no path matches.
      for (const path of request.paths) requireFound(request.point.id, path, lies(path))
    },

    measure,

    async count(point, context) {
      const { entries, sizeBytes } = parseCount((await ask(sizeCommand(options, point.id), context)).stdout)
      return { entries, sizeBytes: bytes(sizeBytes) }
    },

    async overwriting(context) {
      const able = atLeast(await version(context), replacesWhatIsThere)
      return { replacesLinks: able, deletes: able }
    },

    async listDeletions(request, context) {
      const gone: string[] = []
      for (const command of restoreCommandsOf(await version(context), request, true)) {
        await run(command, context, {
          onMessage: (message) => {
            const item = deletedIn(message)
            if (item !== undefined) gone.push(item)
          },
        })
      }
      return gone
    },

    remove: (points, gone, context) =>
      removePoints(points, gone, context, {
        // A process takes half a second to open the repository, however many it forgets.
        atOnce: 100,
        list: async (asking) => parsePoints(await snapshots(asking)),
        remove: (ids) => alone(forgetCommand(options, ids), context),
      }),

    // What may stay unused, and what is packed anew, is left to restic: 5 % of the repository.
    prune: (_wish, context) => alone(pruneCommand(options), context),

    async pin(point, reason, context) {
      const change = pinChange(parseSnapshots(await snapshots(context)), point, reason)
      if (change.add.length > 0 || change.remove.length > 0) await alone(tagCommand(options, point.id, change), context)
      const { id, leftOver } = pinned(parseSnapshots(await snapshots(context)), change)
      if (leftOver.length > 0) await alone(forgetCommand(options, leftOver), context)
      return id
    },

    async check(context) {
      await run(checkCommand(options), context, { deadlineMs: component.deadline })
    },

    usage: async (context) => bytes(parseUsage((await ask(usageCommand(options), context)).stdout)),

    async restoreByHand(request) {
      const { restoreByHand } = await import('./by-hand.ts')
      return restoreByHand({ ...options, oldest: oldestVersion }, request)
    },

    browsing: async () => (await import('./browsing.ts')).createResticBrowsing({ setting: options, version, run }),

    heal,
  }
}

/** When all is written: restic sums up, or says in words that it verifies, before 0.16 (seen with 0.14 and 0.18). */
function hearing({ verifies }: RestoreRequest, { report }: EngineContext): ExtraOptions {
  if (verifies === undefined) return {}
  let isHeard = false
  const written = () => {
    if (isHeard) return
    isHeard = true
    verifies()
    report({ note: 'reading again what was written' })
  }
  return {
    onWords: (line) => void (line.startsWith('verifying files') && written()),
    onMessage: ({ message_type: kind }) => void (kind === 'summary' && written()),
  }
}

function requireFound(snapshot: string, path: string, isThere: boolean): void {
  if (isThere) return
  throw new HoldfastError('path-unknown', `${path} is not in snapshot ${snapshot.slice(0, 8)}`, {
    hint: 'check the spelling; another point may hold it: holdfast points',
  })
}

function backUpCommandOf(options: ResticOptions, pin: string | undefined): Command {
  const { name, source } = options.component
  const { paths, exclude, oneFileSystem } = source
  return backUpCommand(options, { site: options.site, component: name, paths, exclude, oneFileSystem }, pin)
}
