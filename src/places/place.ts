import type { Command } from '../domain/command.ts'

/** How a command is to be run: who may stop it, when it must be done, and who reads what it prints. */
export interface RunOptions {
  readonly signal: AbortSignal
  /** The process is stopped when it takes longer than this, in milliseconds. Every process has a deadline. */
  readonly deadlineMs: number
  /** What asks it to stop. Default SIGTERM, after which a PostgreSQL server would wait for its clients. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT'
  /** Between that and KILL, in milliseconds. Default 10 s: restic and pgBackRest need a moment to take back their locks. */
  readonly graceMs?: number
  /**
   * The process is told to stop by the end of its standard input, which stays open until then, and by signals only when
   * that doesn't help. For whoever starts something out of our reach, and hands the end of the input on to it.
   */
  readonly stopsAtInputEnd?: boolean
  readonly onStdoutLine?: (line: string) => void | Promise<void>
  /** Empty lines of standard output count too: to a listener that counts rows, they are some. */
  readonly keepEmptyLines?: boolean
  readonly onStderrLine?: (line: string) => void | Promise<void>
  /** Keep the whole of standard output, up to so many bytes (more is an error). For answers in JSON. */
  readonly captureBytes?: number
  /** With `captureBytes`: the output is data, not text, and is given back as it is. */
  readonly raw?: boolean
}

export interface Finished {
  /** 0–255, or undefined when a signal ended the process. */
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  /** Whole standard output when `captureBytes` was given; else empty. */
  readonly stdout: string
  /** Whole standard output when `raw` was asked for. */
  readonly bytes?: Uint8Array
  /** Beginning and end of standard error, redacted, the middle cut when it is long. */
  readonly stderr: string
}

/**
 * Where commands run. The promise of `run` settles when the process and its whole group are gone, never before; it rejects
 * with the codes `program-missing`, `timeout` and `interrupted`, and leaves the meaning of exit codes to the caller.
 */
export type Place = LocalPlace | ContainerPlace

interface CommonPlace {
  readonly name: string
  run(command: Command, options: RunOptions): Promise<Finished>
  /** Absolute path of a program, or undefined when it isn't installed here. */
  find(program: string): string | undefined
  /** Something that becomes another when the program at a path does. */
  stampOf(program: string): string
  /** The same command as a person on this machine would type it. */
  displayCommand(command: Command): Command
}

/** This machine. Its processes end with ours. */
export interface LocalPlace extends CommonPlace {
  readonly kind: 'local'
}

/** The inside of a container. */
export interface ContainerPlace extends CommonPlace {
  readonly kind: 'container'
  /** A command on this machine for the client of docker or podman, such as `restart NAME`. */
  clientCommand(words: readonly string[], signal: AbortSignal): Promise<Command>
  /** Processes inside can outlive us: stops those that an earlier run of ours left, and gives back a line on each. */
  stopLeftOver(signal: AbortSignal): Promise<readonly string[]>
}
