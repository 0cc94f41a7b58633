import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { HoldfastError, isHoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import { abortReason, longestTimerMs } from '../domain/clock.ts'
import { formatDuration } from '../domain/duration.ts'
import { someoneRuns } from '../machine/processes.ts'
import { BoundedText } from './bounded-text.ts'
import { forEachLine } from './lines.ts'
import type { Redactor } from './redaction.ts'
import type { Finished, RunOptions } from './place.ts'

/** How long the pipes are read on after the process has gone, until a grandchild that holds them open is given up. */
const drainMs = 1000
const drainTickMs = 100

export const defaultGraceMs = 10_000

export interface ProcessRequest {
  /** Absolute path. */
  readonly program: string
  /** What messages call it, where `program` only stands in front of what was asked for. */
  readonly name?: string
  readonly arguments: readonly string[]
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  readonly redact: Redactor
}

/**
 * Runs one process in a group of its own, without a shell. See Place.run for the contract.
 *
 * Order matters: first the process, then its pipes, then the rest of its group. A promise that settled on abort while the
 * engine still ran would let the next engine meet its lock.
 */
export async function runProcess(request: ProcessRequest, options: RunOptions): Promise<Finished> {
  if (options.signal.aborted) throw interrupted(request, options.signal)
  const child = spawn(request.program, request.arguments, {
    cwd: '/',
    env: request.environment,
    detached: true,
    stdio: [options.stopsAtInputEnd ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const [stdout, errors] = [child.stdout as Readable, child.stderr as Readable]
  await spawned(child, request.program)
  // Who reads it may be gone before it is closed.
  child.stdin?.on('error', () => undefined)
  const ending = new GroupEnding(child.pid as number, options, child.stdin ?? undefined)
  const stop = () => ending.begin()
  let late = false
  const deadline = setTimeout(
    () => {
      late = true
      stop()
    },
    Math.min(options.deadlineMs, longestTimerMs),
  )
  options.signal.addEventListener('abort', stop, { once: true })
  // It may have been aborted while the process was being started.
  if (options.signal.aborted) stop()

  const stderr = new BoundedText()
  const capture = new Capture(options.captureBytes)
  let failure: { readonly error: unknown } | undefined
  // A listener that throws must not leave the engine running: the engine is stopped, then the error is passed on.
  const reading = (task: Promise<void>) =>
    task.catch((error: unknown) => {
      if (isSystemError(error) && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
      failure ??= { error }
      stop()
    })
  let listening = 0
  const tell = async (listener: RunOptions['onStdoutLine'], line: string) => {
    listening += 1
    try {
      await listener?.(line)
    } finally {
      listening -= 1
    }
  }
  const readers = Promise.all([
    reading(
      options.captureBytes === undefined
        ? forEachLine(stdout, (line) => tell(options.onStdoutLine, request.redact(line)), options.keepEmptyLines)
        : capture.read(stdout),
    ),
    reading(
      forEachLine(errors, (line) => {
        const safe = request.redact(line)
        stderr.addLine(safe)
        return tell(options.onStderrLine, safe)
      }),
    ),
  ])

  try {
    const [exitCode, signal] = await exited(child)
    await drained(readers, child, () => listening > 0)
    await ending.groupGone()
    if (options.signal.aborted) throw interrupted(request, options.signal)
    if (late) {
      throw new HoldfastError(
        'timeout',
        `${nameOf(request)} took longer than ${formatDuration(options.deadlineMs)} and was stopped`,
        {
          hint: 'look for a network or disk that hangs; a component’s deadline is set with deadline: in holdfast.yaml',
          detail: stderr.toString(),
        },
      )
    }
    if (failure !== undefined) throw failure.error
    const output = options.raw ? { stdout: '', bytes: capture.bytes() } : { stdout: request.redact(capture.text()) }
    return { exitCode, signal, ...output, stderr: stderr.toString() }
  } finally {
    clearTimeout(deadline)
    options.signal.removeEventListener('abort', stop)
    ending.forget()
  }
}

function nameOf({ program, name = program }: ProcessRequest): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function interrupted(request: ProcessRequest, signal: AbortSignal): Error {
  const reason = abortReason(signal)
  if (isHoldfastError(reason)) return reason
  return new HoldfastError('interrupted', `${nameOf(request)} was stopped`, { cause: reason })
}

async function spawned(child: ChildProcess, program: string): Promise<void> {
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new HoldfastError('program-missing', `cannot start ${program}: ${systemErrorText(error)}`, {
      hint: 'holdfast setup plan shows what needs to be installed',
      cause: error,
    })
  }
}

function exited(child: ChildProcess): Promise<[number | undefined, NodeJS.Signals | undefined]> {
  return new Promise((resolve) => {
    const settle = (exitCode: number | null, signal: NodeJS.Signals | null) =>
      resolve([exitCode ?? undefined, signal ?? undefined])
    if (child.exitCode !== null || child.signalCode !== null) settle(child.exitCode, child.signalCode)
    else child.once('exit', settle)
  })
}

/**
 * Waits for both pipes to end; a grandchild that keeps them open loses them after a moment. The time that listeners take
 * doesn't count: what waits for them are the last words of the process itself, a summary among them.
 */
async function drained(readers: Promise<unknown>, child: ChildProcess, listening: () => boolean): Promise<void> {
  let idleMs = 0
  const timer = setInterval(() => {
    if (listening()) return
    idleMs += drainTickMs
    if (idleMs < drainMs) return
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, drainTickMs)
  await readers
  clearInterval(timer)
}

/** Stops a process group: TERM or what else it asks for, a grace, then KILL; and knows when nobody of it is left. */
class GroupEnding {
  private killTimer: NodeJS.Timeout | undefined
  private readonly groupId: number
  private readonly stopSignal: 'SIGTERM' | 'SIGINT'
  private readonly graceMs: number
  private readonly input: Writable | undefined

  /** @param input whose end stops the process, where that is agreed on: what is behind it has the grace, and some time to tell */
  constructor(
    groupId: number,
    { stopSignal = 'SIGTERM', graceMs = defaultGraceMs }: Pick<RunOptions, 'stopSignal' | 'graceMs'>,
    input: Writable | undefined,
  ) {
    this.groupId = groupId
    this.stopSignal = stopSignal
    this.graceMs = input === undefined ? graceMs : graceMs + 5000
    this.input = input
  }

  begin(): void {
    if (this.killTimer !== undefined) return
    if (this.input === undefined) this.signal(this.stopSignal)
    else this.input.end()
    this.killTimer = setTimeout(() => this.signal('SIGKILL'), this.graceMs)
  }

  /** The leader has gone; whoever is left of its group has no one to report to any more. */
  async groupGone(): Promise<void> {
    const pollMs = 20
    for (let waitedMs = 0; this.alive(); waitedMs += pollMs) {
      this.begin()
      // Members that ignore KILL are stuck in the kernel (a dead NFS mount): waiting for them would hang every later run.
      if (waitedMs > this.graceMs + 5000) return
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  forget(): void {
    clearTimeout(this.killTimer)
  }

  private alive(): boolean {
    return this.signal(0) && someoneRuns(this.groupId)
  }

  private signal(name: NodeJS.Signals | 0): boolean {
    try {
      process.kill(-this.groupId, name)
      return true
    } catch {
      return false
    }
  }
}

class Capture {
  private readonly chunks: Buffer[] = []
  private size = 0
  private readonly limit: number

  constructor(limitBytes = 0) {
    this.limit = limitBytes
  }

  async read(stream: Readable): Promise<void> {
    for await (const chunk of stream) {
      this.size += (chunk as Buffer).length
      if (this.size > this.limit) {
        throw new HoldfastError('engine-output', `an answer grew past ${this.limit} bytes`)
      }
      this.chunks.push(chunk as Buffer)
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  text(): string {
    return this.bytes().toString('utf8')
  }
}
