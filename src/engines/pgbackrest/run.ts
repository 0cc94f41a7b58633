import { existsSync } from 'node:fs'
import type { Command } from '../../domain/command.ts'
import { duration, type Duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { BoundedText } from '../../places/bounded-text.ts'
import type { Finished, Place, RunOptions } from '../../places/place.ts'
import { explainFailure } from '../failure.ts'
import { InstalledEngines } from '../installed.ts'
import type { EngineContext } from '../port.ts'
import type { Version } from '../version.ts'
import { parseInfo, stanzaStatus, type StanzaInfo } from './answers.ts'
import { infoCommand, versionCommand, type PgbackrestSetting } from './commands.ts'
import type { PgbackrestConfiguration } from './configuration.ts'
import { pgbackrestFailures } from './errors.ts'

/** The oldest pgBackRest that is tested, Debian 12's. */
export const oldestVersion: Version = [2, 45]

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

/** Runs commands of pgBackRest at the place of a component, and turns its failures into errors. */
export class PgbackrestRun {
  readonly options: PgbackrestOptions
  readonly configurationHere: string
  private readonly installed: InstalledEngines

  constructor(options: PgbackrestOptions) {
    this.options = options
    this.configurationHere = options.configurationHere ?? options.configuration
    this.installed = options.installed ?? new InstalledEngines(options.place)
  }

  version(context: EngineContext): Promise<Version> {
    const question = versionCommand(this.options.program)
    return this.installed.versionOf({ name: 'pgbackrest', question, oldest: oldestVersion }, context)
  }

  /** pgBackRest writes errors into its log, which goes to standard output: both outputs are kept for the error table. */
  async run(command: Command, context: EngineContext, extra: Partial<RunOptions> = {}): Promise<Finished> {
    await this.version(context)
    if (!existsSync(this.configurationHere)) {
      throw new HoldfastError('engine-configuration', `${this.configurationHere} does not exist`, {
        hint: 'holdfast setup plan shows what is missing, holdfast setup apply writes it',
      })
    }
    const log = new BoundedText()
    const onStdoutLine = (line: string) => {
      if (!line.includes(' DETAIL: ')) log.addLine(line)
      return extra.onStdoutLine?.(line)
    }
    const isCaptured = extra.captureBytes !== undefined
    const finished = await this.options.place.run(command, {
      deadlineMs: questionDeadline,
      ...extra,
      signal: context.signal,
      ...(isCaptured ? {} : { onStdoutLine }),
    })
    if (finished.exitCode === 0) return finished
    const output = [isCaptured ? finished.stdout : log.toString(), finished.stderr].join('\n').trim()
    throw explainFailure('pgbackrest', finished, output, pgbackrestFailures)
  }

  /** Runs a command that may take as long as the component's deadline. */
  async runLong(command: Command, context: EngineContext, onStdoutLine?: (line: string) => void): Promise<void> {
    const { deadline: deadlineMs } = this.options.component
    await this.run(command, context, onStdoutLine === undefined ? { deadlineMs } : { deadlineMs, onStdoutLine })
  }

  /** Runs a command for its whole standard output. */
  async ask(command: Command, context: EngineContext): Promise<string> {
    return (await this.run(command, context, { captureBytes: answerBytes })).stdout
  }

  /** The same where the output is data, not text. */
  async fetch(command: Command, context: EngineContext): Promise<Uint8Array | undefined> {
    return (await this.run(command, context, { captureBytes: answerBytes, raw: true })).bytes
  }

  /** `info` exits 0 whatever it finds; what it found wrong is turned into an error here. */
  async info(context: EngineContext): Promise<StanzaInfo> {
    const answer = await this.run(infoCommand(this.options), context, { captureBytes: answerBytes })
    const stanza = parseInfo(answer.stdout)
    const { code, message } = stanza.status
    if (code === stanzaStatus.ok || code === stanzaStatus.noBackups) return stanza
    if (code === stanzaStatus.missingPath || code === stanzaStatus.missingData) {
      throw explainFailure('pgbackrest', { ...answer, exitCode: 103 }, message, pgbackrestFailures)
    }
    const output = [message, answer.stdout].join('\n')
    throw explainFailure('pgbackrest', { ...answer, exitCode: code }, output, pgbackrestFailures)
  }
}
