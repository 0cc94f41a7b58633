import * as z from 'zod/mini'
import { commandOf, type Command } from '../../../domain/command.ts'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError } from '../../../domain/errors.ts'
import type { ContainerRuntime, DatabaseContainer } from '../../../domain/site.ts'
import { clientEnvironment } from '../../../places/container-client.ts'
import type { Finished, Place, RunOptions } from '../../../places/place.ts'

/** What a container runtime tells of containers, checked at the edge. Docker and podman answer alike. */

export const runtimes: readonly ContainerRuntime[] = ['docker', 'podman']

export interface ContainerDescription {
  readonly runtime: ContainerRuntime
  readonly id: string
  /** Without the slash that Docker puts before it. */
  readonly name: string
  /** The image as it was asked for, such as `postgres:15`. */
  readonly image: string
  /** What that name meant when the container was made: a tag moves, this does not. */
  readonly imageId: string
  readonly running: boolean
  readonly environment: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** A small first process stands before PostgreSQL, and buries what it leaves behind. */
  readonly hasInit: boolean
  /** Made with `--rm`, or by a unit of systemd, which removes it, or starts it again by itself. */
  readonly goesWhenItStops: boolean
  readonly mounts: readonly ContainerMount[]
  /** Undefined when the container was not made by compose. */
  readonly compose: ComposeService | undefined
}

export interface ContainerMount {
  readonly kind: string
  /** Of a volume. */
  readonly volume: string | undefined
  readonly source: string
  readonly target: string
  readonly writable: boolean
}

/** A volume that nobody gave a name; a container that is made without naming it gets another one. */
export const isNameless = ({ volume }: ContainerMount): boolean => volume !== undefined && /^[0-9a-f]{64}$/.test(volume)

/** Where compose says that it has a container from. */
export interface ComposeService {
  readonly project: string
  readonly service: string
  readonly folder: string
  /** Absolute paths, in the order in which one goes over the other. */
  readonly files: readonly string[]
  readonly environmentFiles: readonly string[]
}

const inspectedSchema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    State: z.object({ Running: z.boolean() }),
    Config: z.object({
      Image: z.string(),
      Env: z.nullish(z.array(z.string())),
      Labels: z.nullish(z.record(z.string(), z.string())),
    }),
    HostConfig: z.object({ Init: z.nullish(z.boolean()), AutoRemove: z.nullish(z.boolean()) }),
    Mounts: z.nullish(
      z.array(
        z.object({
          Type: z.string(),
          Name: z.optional(z.string()),
          Source: z.optional(z.string()),
          Destination: z.string(),
          RW: z.boolean(),
        }),
      ),
    ),
  }),
)

/** Reads the answer of `container inspect`. Throws `engine-output` when it is none. */
export function parseInspection(runtime: ContainerRuntime, text: string): ContainerDescription[] {
  const parsed = inspectedSchema.safeParse(safeJson(text))
  if (!parsed.success) {
    throw new HoldfastError('engine-output', `${runtime}’s answer about a container could not be read`, {
      detail: text.slice(0, 2000),
      cause: parsed.error,
    })
  }
  return parsed.data.map(({ Id, Name, Image, State, Config, HostConfig, Mounts }) => {
    const labels = Config.Labels ?? {}
    return {
      runtime,
      id: Id,
      name: Name.replace(/^\//, ''),
      image: Config.Image,
      imageId: Image,
      running: State.Running,
      environment: Object.fromEntries((Config.Env ?? []).map(variableOf)),
      labels,
      hasInit: HostConfig.Init === true,
      goesWhenItStops: HostConfig.AutoRemove === true || 'PODMAN_SYSTEMD_UNIT' in labels,
      mounts: (Mounts ?? []).map((mount) => ({
        kind: mount.Type,
        volume: mount.Type === 'volume' ? mount.Name : undefined,
        source: mount.Source ?? '',
        target: mount.Destination,
        writable: mount.RW,
      })),
      compose: composeOf(labels),
    }
  })
}

function variableOf(text: string): [string, string] {
  const at = text.indexOf('=')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Version 1 of compose names its files as they were given, version 2 with their folder. */
function composeOf(labels: Readonly<Record<string, string>>): ComposeService | undefined {
  const label = (name: string) => labels[`com.docker.compose.${name}`]
  const [project, service, folder] = [label('project'), label('service'), label('project.working_dir')]
  if (project === undefined || service === undefined || folder === undefined) return undefined
  const paths = (text: string | undefined) =>
    (text ?? '')
      .split(',')
      .filter((path) => path !== '')
      .map((path) => (path.startsWith('/') ? path : `${folder}/${path}`))
  return {
    project,
    service,
    folder,
    files: paths(label('project.config_files')),
    environmentFiles: paths(label('project.environment_file')),
  }
}

/** The mount that a path inside a container lies in: the innermost. */
export function mountOf(container: ContainerDescription, path: string): ContainerMount | undefined {
  return container.mounts
    .filter(({ target }) => path === target || path.startsWith(target.endsWith('/') ? target : `${target}/`))
    .toSorted((one, other) => other.target.length - one.target.length)[0]
}

/** A call of the client of a runtime, which finds its server. */
export const clientCommand = (program: string, words: readonly string[]): Command =>
  commandOf(program, words, { environment: clientEnvironment(process.env) })

/** Runs the client of a runtime, and gives back how it ended, with all that it printed. */
export function runClient(
  place: Place,
  program: string,
  words: readonly string[],
  options: Pick<RunOptions, 'signal' | 'deadlineMs' | 'graceMs'>,
): Promise<Finished> {
  return place.run(clientCommand(program, words), { captureBytes: 2 ** 24, ...options })
}

/** The container of a name, wherever it is known. Throws `container-missing`. */
export async function describeContainer(
  place: Place,
  { name, runtime }: Pick<DatabaseContainer, 'name' | 'runtime'>,
  signal: AbortSignal,
): Promise<ContainerDescription> {
  const installed = runtimes.filter((one) => (runtime ?? one) === one && place.find(one) !== undefined)
  let said = ''
  for (const one of installed) {
    const answer = await runClient(place, one, ['container', 'inspect', name], { signal, deadlineMs: duration(1, 'm') })
    const [found] = answer.exitCode === 0 ? parseInspection(one, answer.stdout) : []
    if (found !== undefined) return found
    said += answer.stderr
  }
  throw new HoldfastError('container-missing', `there is no container ${name}`, {
    hint: 'docker ps --all and podman ps --all show all; correct container: in holdfast.yaml',
    detail: said,
  })
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
