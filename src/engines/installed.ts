import type { EngineName } from '../domain/repository.ts'
import { closeSync, openSync, readSync } from 'node:fs'
import { listOf, number, object, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'
import type { Command } from '../domain/command.ts'
import { duration } from '../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../domain/errors.ts'
import type { Place } from '../places/place.ts'
import type { EngineContext } from './port.ts'
import { atLeast, engineMissing, engineTooOld, parseVersion, type Version } from './version.ts'

/** An engine as it is wanted. */
export interface WantedEngine {
  readonly name: EngineName
  /** The question for its version; its program is what is looked for. */
  readonly question: Command
  readonly oldest: Version
}

interface AskedProgram {
  readonly file: string
  /** Its size and times when it was asked: another program in its place has others. */
  readonly stamp: string
  readonly version: Version
}

export const askedPrograms = defineStateFile<AskedProgram>({
  what: 'which version an engine has',
  version: 1,
  shape: object<AskedProgram>({
    file: text,
    stamp: text,
    version: (value): value is Version => listOf(number())(value) && value.length > 0 && value.every(Number.isInteger),
  }),
  mode: 0o644,
  folderMode: 0o755,
  keep: 'cache',
  // The program itself tells.
  whenUnusable: 'ignored',
})

/**
 * Which versions of the engines are installed. To ask one costs as much as half a start of Node, and a run asks before each
 * step; so a program is asked once, and again only when its file is another.
 */
export class InstalledEngines {
  private readonly place: Place
  private readonly memoryOf: ((engine: string) => string) | undefined
  private readonly asked = new Map<string, AskedProgram>()

  /** @param cacheDirectory where answers are kept for the next process; without it they are kept for this one */
  constructor(place: Place, cacheDirectory?: string) {
    this.place = place
    this.memoryOf = cacheDirectory === undefined ? undefined : (engine) => `${cacheDirectory}/engines/${engine}.json`
  }

  /** Throws `engine-missing` and `engine-too-old`; that is found out each time. */
  async versionOf(wanted: WantedEngine, context: EngineContext): Promise<Version> {
    const file = this.place.find(wanted.question.program)
    if (file === undefined) throw engineMissing(wanted.name)
    const stamp = this.place.stampOf(file)
    let known = this.asked.get(wanted.name) ?? this.recall(wanted.name)
    if (known?.file !== file || known.stamp !== stamp) {
      known = { file, stamp, version: await this.ask(wanted, context) }
      this.remember(wanted.name, known)
    }
    this.asked.set(wanted.name, known)
    if (!atLeast(known.version, wanted.oldest)) throw engineTooOld(wanted.name, known.version, wanted.oldest)
    return known.version
  }

  private async ask({ question }: WantedEngine, context: EngineContext): Promise<Version> {
    const answer = await this.place
      .run(question, { signal: context.signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 })
      .catch((error: unknown) => {
        // Whether a container holds a program is known only by a try.
        if (!isHoldfastError(error) || error.code !== 'program-missing') throw error
        throw new HoldfastError('engine-missing', error.message, { hint: error.hint, cause: error })
      })
    const version = parseVersion(answer.stdout)
    if (version !== undefined) return version
    throw new HoldfastError('engine-output', `${question.program} does not tell its version`, { detail: answer.stdout })
  }

  private recall(engine: string): AskedProgram | undefined {
    return this.memoryOf && askedPrograms.read(this.memoryOf(engine))
  }

  private remember(engine: string, program: AskedProgram): void {
    if (this.memoryOf === undefined) return
    try {
      // A script may start another engine tomorrow and be the same file: the next process asks it again.
      if (!isScript(program.file)) askedPrograms.write(this.memoryOf(engine), program)
    } catch {
      // A cache that can't be written is no reason to fail.
    }
  }
}

function isScript(file: string): boolean {
  const opened = openSync(file, 'r')
  try {
    const begin = Buffer.alloc(2)
    readSync(opened, begin)
    return begin.toString() === '#!'
  } finally {
    closeSync(opened)
  }
}
