import { commandOf, type Command } from '../domain/command.ts'
import { duration } from '../domain/duration.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { ContainerRuntime, DatabaseContainer } from '../domain/site.ts'
import { containerFailure } from './container-failures.ts'
import type { Finished, Place } from './place.ts'

/** What the clients read of our environment to find their server, and to build as their user is used to. */
const clientVariables = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_BUILDKIT',
  'CONTAINER_HOST',
  'XDG_RUNTIME_DIR',
]

export function clientEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    clientVariables.flatMap((variable) => {
      const value = environment[variable]
      return value === undefined ? [] : [[variable, value]]
    }),
  )
}

export interface ContainerClientOptions {
  readonly local: Place
  readonly container: DatabaseContainer
  readonly environment: NodeJS.ProcessEnv
}

/** The client of docker or podman, whichever knows the container; that is found out once. */
export class ContainerClient {
  readonly container: DatabaseContainer
  private readonly local: Place
  private readonly environment: Record<string, string>
  private found: Promise<ContainerRuntime> | undefined

  constructor({ local, container, environment }: ContainerClientOptions) {
    this.local = local
    this.container = container
    this.environment = clientEnvironment(environment)
  }

  runtime(signal: AbortSignal): Promise<ContainerRuntime> {
    this.found ??= this.find(signal).catch((error: unknown) => {
      this.found = undefined
      throw error
    })
    return this.found
  }

  async command(words: readonly string[], signal: AbortSignal): Promise<Command> {
    return commandOf(await this.runtime(signal), words, { environment: this.environment })
  }

  /** Whichever client a person would most likely use, without asking one. */
  likelyRuntime(): ContainerRuntime {
    return this.container.runtime ?? this.installed()[0] ?? 'docker'
  }

  /** Runs the client for a short answer. */
  async ask(words: readonly string[], signal: AbortSignal, deadlineMs: number = duration(1, 'm')): Promise<Finished> {
    return this.local.run(await this.command(words, signal), { signal, deadlineMs, captureBytes: 65_536 })
  }

  private installed(): ContainerRuntime[] {
    return runtimes.filter((program) => this.local.find(program) !== undefined)
  }

  private async find(signal: AbortSignal): Promise<ContainerRuntime> {
    const { container } = this
    if (container.runtime !== undefined) return container.runtime
    const [first, second] = this.installed()
    if (first === undefined) {
      throw new HoldfastError(
        'program-missing',
        `neither docker nor podman is installed, and container ${container.name} needs one`,
        { hint: 'apt-get install docker.io; or name a cluster on this machine with dataDirectory:' },
      )
    }
    return second === undefined ? first : this.whoKnowsIt(first, signal)
  }

  private async whoKnowsIt(first: ContainerRuntime, signal: AbortSignal): Promise<ContainerRuntime> {
    const { name, user } = this.container
    const failures: HoldfastError[] = []
    for (const program of this.installed()) {
      const question = commandOf(program, ['inspect', '--type', 'container', '--format', '{{.Id}}', name], {
        environment: this.environment,
      })
      const asked = await this.local.run(question, { signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 })
      if (asked.exitCode === 0) return program
      const failure = containerFailure(asked.exitCode, asked.stderr, { runtime: program, container: name, user, program })
      if (failure !== undefined) failures.push(failure)
    }
    // Nobody knows it; one that doesn't answer may.
    const silent = failures.find(({ code }) => code !== 'container-missing')
    if (silent === undefined) return first
    const message = failures.map((failure) => failure.message).join(', and ')
    const hint = `${silent.hint ?? ''}; runtime: in holdfast.yaml says which of them it is`
    throw new HoldfastError(silent.code, message, { hint, detail: silent.detail })
  }
}

const runtimes: readonly ContainerRuntime[] = ['docker', 'podman']
