import type { Command } from '../../domain/command.ts'
import { duration, type Duration } from '../../domain/duration.ts'
import { isHoldfastError } from '../../domain/errors.ts'
import type { FilesComponent } from '../../domain/site.ts'
import { BoundedText } from '../../places/bounded-text.ts'
import type { Finished, Place, RunOptions } from '../../places/place.ts'
import { explainFailure, knownFailure } from '../failure.ts'
import { InstalledEngines } from '../installed.ts'
import { Patience } from '../patience.ts'
import type { EngineContext } from '../port.ts'
import type { Version } from '../version.ts'
import { parseMessage, progressOf, wordsOf, type Message } from './answers.ts'
import { snapshotsCommand, versionCommand, type ResticSetting } from './commands.ts'
import { resticFailures } from './errors.ts'

/** The oldest restic that is tested, Debian 12's. */
export const oldestVersion: Version = [0, 14]

/** Questions are short; only backups and restores may take the component's whole deadline. */
const questionDeadline = duration(15, 'm')

const answerBytes = 256 * 2 ** 20

export interface ResticOptions extends ResticSetting {
  readonly site: string
  readonly component: FilesComponent
  readonly patience: Duration
  readonly place: Place
  /** Shared by the engines of a run, so that each program is asked once. */
  readonly installed?: InstalledEngines
}

/** How a command of restic may be run: its answer captured, or taken line by line, or only its messages. */
export type ResticRunOptions = Partial<RunOptions> & {
  accept?: readonly number[]
  /** Of any version, from its beginning to its end. */
  tellsProgress?: boolean
  onMessage?: (message: Message) => void
  /** Lines that are no messages. */
  onWords?: (line: string) => void
}

/** Runs commands of restic with patience for the storage, and turns its failures into errors of the table. */
export class ResticRun {
  readonly options: ResticOptions
  private readonly installed: InstalledEngines

  constructor(options: ResticOptions) {
    this.options = options
    this.installed = options.installed ?? new InstalledEngines(options.place)
  }

  version(context: EngineContext): Promise<Version> {
    const question = versionCommand(this.options.program)
    return this.installed.versionOf({ name: 'restic', question, oldest: oldestVersion }, context)
  }

  async run(command: Command, context: EngineContext, extra: ResticRunOptions = {}): Promise<Finished> {
    await this.version(context)
    const { accept = [0], tellsProgress = false, onMessage, onWords, onStdoutLine, onStderrLine, ...rest } = extra
    const patience = new Patience(this.options.patience, context.signal)
    if (tellsProgress) patience.expectProgress()
    const log = new BoundedText()
    try {
      const finished = await this.options.place.run(command, {
        deadlineMs: questionDeadline,
        ...rest,
        signal: patience.signal,
        onStdoutLine: onStdoutLine ?? ((line) => readLine(line, { onMessage, onWords, patience, context })),
        onStderrLine: (line) => {
          log.addLine(line)
          hearOfStorage(line, patience, context)
          return onStderrLine?.(line)
        },
      })
      if (finished.exitCode !== undefined && accept.includes(finished.exitCode)) return finished
      throw explainFailure('restic', finished, wordsOf(finished.stderr), resticFailures)
    } catch (error) {
      // What it wrote before it fell silent may well tell why.
      const stalled = isHoldfastError(error) && error.code === 'engine-stalled'
      throw (stalled && knownFailure(log.toString(), undefined, resticFailures)) || error
    } finally {
      patience.end()
    }
  }

  /** Runs a command that may take as long as the component's deadline. */
  runLong(command: Command, context: EngineContext, extra: ResticRunOptions = {}): Promise<Finished> {
    return this.run(command, context, { deadlineMs: this.options.component.deadline, ...extra })
  }

  /** Runs a command for its whole standard output. */
  async ask(command: Command, context: EngineContext): Promise<string> {
    return (await this.run(command, context, { captureBytes: answerBytes })).stdout
  }

  /** The snapshots of this site, as restic lists them. */
  snapshots(context: EngineContext): Promise<string> {
    return this.ask(snapshotsCommand(this.options, this.options.site), context)
  }
}

interface Listeners {
  readonly onMessage: ResticRunOptions['onMessage'] | undefined
  readonly onWords: ResticRunOptions['onWords'] | undefined
  readonly patience: Patience
  readonly context: EngineContext
}

function readLine(line: string, { onMessage, onWords, patience, context }: Listeners): void {
  const message = parseMessage(line)
  if (message === undefined) return onWords?.(line)
  if (message.message_type !== 'status') return onMessage?.(message)
  const progress = progressOf(message)
  patience.hear(progress)
  context.report(progress)
}

/** restic tries again by itself when a request fails, and writes so. */
function hearOfStorage(line: string, patience: Patience, context: EngineContext): void {
  if (/operation successful after \d+ retries/.test(line)) patience.storageAnswered()
  else if (/retrying after|will retry/.test(line)) {
    patience.requestFailed(line)
    context.report({ note: 'the storage does not answer; restic keeps trying' })
  }
}
