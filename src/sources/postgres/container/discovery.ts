import { duration, formatDuration } from '../../../domain/duration.ts'
import { HoldfastError } from '../../../domain/errors.ts'
import { systemErrorText } from '../../../domain/system-error-text.ts'
import type { ContainerRuntime } from '../../../domain/site.ts'
import type { Finished, Place } from '../../../places/place.ts'
import {
  mountOf,
  parseInspection,
  runClient,
  runtimes,
  type ComposeService,
  type ContainerDescription,
  type ContainerMount,
} from './inspection.ts'

/** A PostgreSQL server that was found running in a container. */
export interface FoundContainer {
  readonly runtime: ContainerRuntime
  readonly name: string
  readonly image: string
  /** Such as `15`. */
  readonly majorVersion: string
  readonly dataDirectory: string
  /** What keeps the data when the container goes; undefined when nothing does. */
  readonly mount: ContainerMount | undefined
  /** Undefined when the server didn't say. */
  readonly archives: boolean | undefined
  readonly compose: ComposeService | undefined
}

export interface ContainerDiscovery {
  readonly found: readonly FoundContainer[]
  /** Why some containers could not be looked at, a line each. */
  readonly notes: readonly string[]
}

/** Long enough for any healthy runtime; whoever waits for it has a question of their own in mind. */
const discoveryDeadline = duration(5, 's')

/** PostgreSQL servers in containers that run now, whatever they are called. Never fails: what can't be asked becomes a note. */
export async function discoverContainers(
  place: Place,
  signal: AbortSignal,
  deadlineMs: number = discoveryDeadline,
): Promise<ContainerDiscovery> {
  const installed = runtimes.filter((runtime) => place.find(runtime) !== undefined)
  if (installed.length === 0)
    return { found: [], notes: ['neither docker nor podman is installed: no containers were looked for'] }
  const answers = await Promise.all(installed.map((runtime) => discoverIn(place, runtime, signal, deadlineMs)))
  return { found: answers.flatMap(({ found }) => found), notes: answers.flatMap(({ notes }) => notes) }
}

async function discoverIn(
  place: Place,
  runtime: ContainerRuntime,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<ContainerDiscovery> {
  const late = AbortSignal.timeout(deadlineMs)
  const both = AbortSignal.any([signal, late])
  const ask = (...words: string[]) => runClient(place, runtime, words, { signal: both, deadlineMs, graceMs: 500 })
  try {
    const ids = linesOf(await answered(runtime, ask('ps', '--quiet', '--no-trunc')))
    if (ids.length === 0) return { found: [], notes: [] }
    const containers = parseInspection(runtime, await answered(runtime, ask('container', 'inspect', ...ids)))
    const found = await Promise.all(containers.map((container) => lookInto(container, ask)))
    return { found: found.filter((container) => container !== undefined), notes: [] }
  } catch (error) {
    if (signal.aborted) throw error
    const why = late.aborted ? `no answer within ${formatDuration(deadlineMs)}` : systemErrorText(error)
    return { found: [], notes: [`${runtime}: containers could not be looked at: ${why}`] }
  }
}

async function answered(runtime: ContainerRuntime, answer: Promise<Finished>): Promise<string> {
  const { exitCode, stdout, stderr } = await answer
  if (exitCode === 0) return stdout
  throw new HoldfastError('unexpected', stderr.split('\n')[0] || `${runtime} ended with exit code ${exitCode}`)
}

/** In no container that runs no PostgreSQL is anything started. */
async function lookInto(
  container: ContainerDescription,
  ask: (...words: string[]) => Promise<Finished>,
): Promise<FoundContainer | undefined> {
  const { runtime, id, name, image, environment, compose } = container
  const listed = await ask('top', id, ...(runtime === 'docker' ? ['-eo', 'pid,comm'] : ['pid', 'comm']))
  if (!linesOf(listed.stdout).some((line) => /\spostgres$/.test(line.trimEnd()))) return undefined
  const [uid] = linesOf((await ask('exec', '--user=0', id, 'sh', '-c', serverUserScript)).stdout)
  if (uid === undefined) return undefined
  const superuser = environment['POSTGRES_USER'] ?? 'postgres'
  const facts = await ask('exec', `--user=${uid}`, id, 'sh', '-c', serverFactsScript, 'sh', superuser)
  const [dataDirectory, majorVersion, archiveMode] = linesOf(facts.stdout)
  if (dataDirectory === undefined || majorVersion === undefined) return undefined
  return {
    runtime,
    name,
    image,
    majorVersion,
    dataDirectory,
    mount: mountOf(container, dataDirectory),
    archives: archiveMode === undefined ? undefined : archiveMode !== 'off',
    compose,
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** Whom the server runs as. Only that user may see where it works: a container's root lacks the capability. */
const serverUserScript = `for process in /proc/[0-9]*; do
  read -r name 2>/dev/null <"$process/comm" && [ "$name" = postgres ] && stat -c %u "$process" && break
done`

/** Data directory, major version, and archive_mode where the server lets its own user in. */
const serverFactsScript = `for process in /proc/[0-9]*; do
  read -r name 2>/dev/null <"$process/comm" && [ "$name" = postgres ] || continue
  data=$(readlink "$process/cwd") && [ -f "$data/postmaster.pid" ] || continue
  echo "$data"
  cat "$data/PG_VERSION"
  port=$(sed -n 4p "$data/postmaster.pid")
  socket=$(sed -n 5p "$data/postmaster.pid")
  psql --no-psqlrc --no-password -XAtqh "$socket" -p "$port" -U "$1" -d postgres -c 'SHOW archive_mode' 2>/dev/null
  break
done`
