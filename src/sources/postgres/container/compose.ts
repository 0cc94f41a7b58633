import { parse } from 'yaml'
import * as z from 'zod/mini'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError } from '../../../domain/errors.ts'
import type { Place } from '../../../places/place.ts'
import { isNameless, runClient, type ComposeService, type ContainerMount } from './inspection.ts'

/** What a service of compose gets beside what its owner wrote. */
export interface ComposeOverride {
  readonly service: string
  /** Image to build, and the folder of its Dockerfile; undefined where the service has an image that holds pgBackRest. */
  readonly build: { readonly image: string; readonly folder: string } | undefined
  readonly mounts: readonly { readonly here: string; readonly inside: string; readonly readOnly: boolean }[]
  /** What a container made from this tells of itself, so that one made from anything else is told apart. */
  readonly mark: string
}

/** The label that carries the mark. */
export const markLabel = 'holdfast.setup'

/**
 * Text of compose.holdfast.yaml, which goes over the files that are there. It is written without a library: a text in JSON is
 * one in YAML, and a `$`, which compose would replace, is doubled.
 */
export function overrideText({ service, build, mounts, mark }: ComposeOverride): string {
  const lines = [
    '# Written by holdfast setup apply, which undoes changes made here. It goes over the files that compose reads already,',
    '# and none of those is changed. For compose to find it by itself, name it in the .env beside them: docs/containers.md',
    'services:',
    `  ${quoted(service)}:`,
    ...(build === undefined
      ? []
      : [
          `    image: ${quoted(build.image)}`,
          '    build:',
          `      context: ${quoted(build.folder)}`,
          '      dockerfile: Dockerfile',
        ]),
    '    # Buries what archive_command leaves behind, which PostgreSQL as the first process takes for a crash.',
    '    init: true',
    '    labels:',
    `      ${markLabel}: ${quoted(mark)}`,
    '    volumes:',
    ...mounts.flatMap(({ here, inside, readOnly }) => [
      '      - type: bind',
      `        source: ${quoted(here)}`,
      `        target: ${quoted(inside)}`,
      ...(readOnly ? ['        read_only: true'] : []),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

const quoted = (text: string): string => JSON.stringify(text.replaceAll('$', '$$$$'))

/** How compose is called for docker, if it is installed: its second version, or the first. */
export async function findCompose(place: Place, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const asked = await runClient(place, 'docker', ['compose', 'version'], { signal, deadlineMs: duration(1, 'm') })
  if (asked.exitCode === 0 && asked.stdout.includes('Compose')) return ['docker', 'compose']
  return place.find('docker-compose') === undefined ? undefined : ['docker-compose']
}

/** Words of a compose command over the files of a service, with another one on top of them. */
export function composeWords(
  program: readonly string[],
  { project, folder, files, environmentFiles }: ComposeService,
  over: string | undefined,
  ...words: string[]
): string[] {
  const all = [...files.filter((file) => file !== over), ...(over === undefined ? [] : [over])]
  return [
    ...program,
    ...['--project-name', project, '--project-directory', folder],
    ...environmentFiles.flatMap((file) => ['--env-file', file]),
    ...all.flatMap((file) => ['--file', file]),
    ...words,
  ]
}

const mountSchema = z.union([z.string(), z.object({ type: z.string(), source: z.optional(z.string()), target: z.string() })])

const configSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.optional(z.string()),
      build: z.optional(z.unknown()),
      volumes: z.optional(z.array(mountSchema)),
    }),
  ),
  volumes: z.optional(z.record(z.string(), z.nullish(z.object({ name: z.optional(z.string()) })))),
})

/** A service as its owner's files describe it now. */
export interface DescribedService {
  readonly image: string | undefined
  readonly builds: boolean
  /** What it mounts: a folder of this machine or the full name of a volume, and where; undefined for a volume without a name. */
  readonly mounts: readonly { readonly from: string | undefined; readonly target: string }[]
}

/** Reads the answer of `compose config`. */
export function readService(text: string, { project, service }: ComposeService): DescribedService {
  const parsed = configSchema.safeParse(safeYaml(text))
  const found = parsed.data?.services[service]
  if (parsed.data === undefined || found === undefined) {
    throw new HoldfastError('engine-output', `compose’s answer about service ${service} could not be read`, {
      hint: 'do its files still name that service? docker compose config shows what it reads',
      // Not its answer: the passwords of all services stand in that.
      ...(parsed.data === undefined ? {} : { detail: `it names ${Object.keys(parsed.data.services).join(', ')}` }),
      cause: parsed.error,
    })
  }
  const volumes = parsed.data.volumes ?? {}
  const full = (source: string | undefined): string | undefined =>
    source === undefined || source.startsWith('/') ? source : (volumes[source]?.name ?? `${project}_${source}`)
  return {
    image: found.image,
    builds: found.build !== undefined,
    mounts: (found.volumes ?? []).map((mount) => {
      if (typeof mount !== 'string') return { from: full(mount.source), target: mount.target }
      const [source = '', target] = mount.split(':')
      return target === undefined ? { from: undefined, target: source } : { from: full(source), target }
    }),
  }
}

/**
 * Whether a container made from these files would find the data of the one that runs. Their variables may have had other
 * values in the shell of whoever made it.
 */
export function keepsData({ mounts }: DescribedService, data: ContainerMount): boolean {
  const described = mounts.find(({ target }) => target === data.target)
  if (described?.from !== undefined) return described.from === (data.volume ?? data.source)
  // Compose hands a volume without a name on to the next container.
  return isNameless(data)
}

function safeYaml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
