import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseEngine } from '../../engines/database-port.ts'
import { longestTimerMs } from '../../domain/clock.ts'
import { commandOf, type Command } from '../../domain/command.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, isHoldfastError, toHoldfastError, type ErrorCode } from '../../domain/errors.ts'
import { majorVersionOf } from '../../domain/restore-point.ts'
import type { Place } from '../../places/place.ts'
import { makeTemporaryFolder } from '../../machine/temporary-folder.ts'
import { shellWord } from '../../places/command-text.ts'
import type { ClusterOwner } from '../../sources/postgres/port.ts'
import { findServerPrograms } from '../../sources/postgres/programs.ts'
import { clusterOwner } from '../../sources/postgres/data-directory.ts'
import { withEngineFor, type AppContext } from '../site/context.ts'
import type { ContainerComponent } from '../../domain/site.ts'
import type { RestoreTarget } from './request.ts'

/**
 * Restores a database of a container: with this machine's PostgreSQL and pgBackRest where they can read what those of the
 * container wrote, else in a second container of the same image, which sees all that the first does, read-only, and the folder
 * to restore into. Either way the live container isn't touched.
 */
export async function withRestorer<Result>(
  context: AppContext,
  component: ContainerComponent,
  target: RestoreTarget,
  restore: (context: AppContext) => Promise<Result>,
): Promise<Result> {
  refuseLoading(component, target)
  const lacking = await whatIsLackingHere(context, component)
  if (lacking === undefined) {
    const owner = ownerHere(component)
    const engine = await context.engineAt(component, { place: context.place, user: owner.user, isContainer: false })
    return restore(withEngine(context, component, { engine, restoring: { owner, scratchDirectory: undefined } }))
  }
  if (target.kind !== 'directory') {
    throw new HoldfastError('program-missing', `this machine cannot restore ${component.name} so: ${lacking}`, {
      hint: `install PostgreSQL and pgBackRest here, in the versions of the container; or restore all of it with --to, which needs only the image of ${component.source.container.name}`,
    })
  }
  const parent = parentOf(target.folder, component)
  return inSecondContainer(context, component, { folders: [parent], instead: withOwnPrograms(lacking) }, restore)
}

/** Where a folder is restored to is made by the restore; its parent is what a container is given. */
function parentOf(folder: string, { name }: ContainerComponent): string {
  const parent = dirname(folder)
  if (parent === '/') {
    throw new HoldfastError('usage', `${folder} lies directly below /, which no container can be given`, {
      hint: `choose a folder in a folder, such as --to /srv/restore/${name}`,
    })
  }
  mkdirSync(parent, { recursive: true, mode: 0o755 })
  return parent
}

const withOwnPrograms = (lacking: string): string => `or let this machine’s own PostgreSQL and pgBackRest do it: ${lacking}`

const withEngine = (
  context: AppContext,
  component: ContainerComponent,
  { engine, ...rest }: Pick<AppContext, 'restoring'> & { engine: DatabaseEngine; place?: Place },
): AppContext => ({
  ...context,
  ...rest,
  engineOf: withEngineFor(component, engine, context.engineOf),
})

/** What is loaded into a container's server stands in a file of this machine. */
function refuseLoading({ name, source }: ContainerComponent, target: RestoreTarget): void {
  const { container } = source
  if (target.kind !== 'live-database') return
  const { of, database, replaces } = target
  const dump = ['holdfast', 'restore', name, '--database', of.database, ...of.tables.flatMap((table) => ['--table', table])]
  const options = ['--single-transaction', ...(replaces ? ['--clean', '--if-exists'] : [])]
  const load = ['pg_restore', `--username=${source.user}`, `--dbname=${database}`, ...options]
  throw new HoldfastError('usage', `${name} lives in container ${container.name}, into which Holdfast loads nothing`, {
    hint: `${dump.map(shellWord).join(' ')} --to FILE; then ${container.runtime ?? 'docker'} exec -i --user ${container.user} ${container.name} ${load.map(shellWord).join(' ')} < FILE`,
  })
}

/** The owner of a repository in a folder has to read it; of one in a bucket Debian's user for clusters does. */
const ownerHere = ({ location, source }: ContainerComponent): ClusterOwner =>
  clusterOwner(location.kind === 'directory' ? location.path : `${source.dataDirectory}/none`)

/** Undefined when this machine's own programs do. */
async function whatIsLackingHere(context: AppContext, component: ContainerComponent): Promise<string | undefined> {
  const { place, site, pointCache } = context
  if (place.find(site.engines.pgbackrest) === undefined) return 'pgBackRest is not installed'
  const archive = pointCache.read(component.name)?.points.at(-1)?.archive
  try {
    findServerPrograms(place, archive === undefined ? '' : majorVersionOf(archive))
    const { user } = ownerHere(component)
    if (user !== undefined && /^\d+$/.test(user))
      return `user ${user}, who owns the repository, has no name here: useradd --system --uid ${user} database gives one`
    const engine = await context.engineAt(component, { place, user, isContainer: false })
    const work = { signal: context.signal, clock: context.clock, report: () => undefined }
    const [own, inside] = [await engine.version(work), await versionInside(context, component)]
    if (inside === undefined || own === inside) return undefined
    return `its pgBackRest is ${own}, and that of the container ${inside}`
  } catch (error) {
    if (isHoldfastError(error) && error.code !== 'interrupted') return error.message
    throw error
  }
}

/** Undefined when the container can't be asked: it may be gone, which is what restores are for. */
async function versionInside(context: AppContext, component: ContainerComponent): Promise<string | undefined> {
  try {
    const work = { signal: context.signal, clock: context.clock, report: () => undefined }
    return await context.engineOf(component).version(work)
  } catch (error) {
    if (isHoldfastError(error) && unaskable.has(error.code)) return undefined
    throw error
  }
}

const unaskable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'container-missing',
  'container-down',
  'container-runtime',
  'program-missing',
])

export interface SecondContainer {
  /** Of this machine, which it sees by the same names, and may write to. */
  readonly folders: readonly string[]
  /** What else could be done, for when it can't be started; a clause of a hint. */
  readonly instead: string | undefined
}

/** It ends with this process. */
export const secondName = `holdfast-restore-${process.pid}`

/** Runs a second container of the image of a component's, with everything that the first one sees, for as long as the work takes. */
export async function inSecondContainer<Result>(
  context: AppContext,
  component: ContainerComponent,
  second: SecondContainer,
  restore: (context: AppContext) => Promise<Result>,
): Promise<Result> {
  const scratch = makeTemporaryFolder('holdfast-restore-')
  try {
    // Another user makes his way through it.
    chmodSync(scratch, 0o711)
    return await withSecondContainer(context, component, { ...second, scratch }, restore)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function withSecondContainer<Result>(
  context: AppContext,
  component: ContainerComponent,
  { scratch, folders, instead }: SecondContainer & { readonly scratch: string },
  restore: (context: AppContext) => Promise<Result>,
): Promise<Result> {
  const end = new AbortController()
  const signal = AbortSignal.any([context.signal, end.signal])
  const command = await secondContainer(context, component, { instead, folders: [...folders, scratch] })
  let ready: () => void = () => undefined
  const started = new Promise<void>((resolve) => (ready = resolve))
  // It lives as long as its input, which ends with us, whatever ends us.
  const running = context.place.run(command, {
    ...{ signal, deadlineMs: longestTimerMs, stopsAtInputEnd: true },
    onStdoutLine: () => ready(),
  })
  const ended = running.then(
    ({ stderr }) => stderr,
    (error: unknown) => toHoldfastError(error).message,
  )
  try {
    const words = await Promise.race([started, ended])
    if (words !== undefined) {
      throw new HoldfastError('container-runtime', 'a second container to restore in could not be started', {
        hint: ['its own words stand below', instead].filter((part) => part !== undefined).join('; '),
        detail: words,
      })
    }
    const [uidText, gidText, ...programs] = await listPrograms(context.placeIn(component, secondName), context.signal)
    const place = context.placeIn(component, secondName, programs)
    const [uid, gid] = [Number(uidText), Number(gidText)]
    const engine = await context.engineAt(component, { place, user: undefined, isContainer: true })
    const owner: ClusterOwner = { uid, gid, user: String(uid) }
    const lookInside = (folder: string) => lookByContainer(command.program, component, folder)
    const restoring = { owner, scratchDirectory: scratch, lookInside }
    return await restore(withEngine(context, component, { engine, place, restoring }))
  } finally {
    end.abort()
    await ended
  }
}

/** `cat` ends when nobody holds its input any more, and the container with it. */
async function secondContainer(
  context: AppContext,
  component: ContainerComponent,
  { instead, folders }: SecondContainer,
): Promise<Command> {
  const { container } = component.source
  const client = (words: readonly string[]) => context.placeOf(component).clientCommand(words, context.signal)
  const format = '{{.Image}}{{range .Config.Env}}\n{{.}}{{end}}'
  const asked = await context.place.run(await client(['inspect', '--type', 'container', '--format', format, container.name]), {
    ...{ signal: context.signal, deadlineMs: duration(1, 'm'), captureBytes: 2 ** 20 },
  })
  const [image = '', ...environment] = asked.stdout.trim().split('\n')
  if (asked.exitCode !== 0 || image === '') {
    throw new HoldfastError('container-missing', `container ${container.name} is gone, and with it the name of its image`, {
      hint: ['make it again from its compose file', instead].filter((part) => part !== undefined).join('; '),
      detail: asked.stderr,
    })
  }
  const path = environment.find((line) => line.startsWith('PATH='))
  return client([
    ...['run', '--rm', '--interactive', '--name', secondName, '--network', 'host', '--user', container.user],
    ...['--volumes-from', `${container.name}:ro`],
    ...folders.flatMap((folder) => ['--volume', `${folder}:${folder}`]),
    ...(path === undefined ? [] : ['--env', path]),
    ...['--entrypoint', 'sh', image, '-c', 'echo ready; exec cat >/dev/null'],
  ])
}

/** A psql that the copy's server ends with. */
function lookByContainer(runtime: string, { source }: ContainerComponent, folder: string): string {
  const { name, user } = source.container
  const copy = shellWord(folder)
  const script = `pg_ctl -D ${copy} -l /dev/null -o '-c listen_addresses=' -w start && psql -U ${source.user} -d ${source.database}; pg_ctl -D ${copy} -w stop`
  return `${runtime} run --rm -it --network none --user ${user} --volume ${shellWord(`${folder}:${folder}`)} --entrypoint sh $(${runtime} inspect --format '{{.Image}}' ${name}) -c ${shellWord(script)}`
}

/** The number of the user and of his group, then programs by their paths. */
async function listPrograms(place: Place, signal: AbortSignal): Promise<string[]> {
  const list = `id -u; id -g; for found in /usr/lib/postgresql/*/bin/postgres /usr/lib/postgresql/*/bin/pg_amcheck "$(command -v postgres)" "$(command -v pg_amcheck)" "$(command -v pgbackrest)"; do
  [ ! -x "$found" ] || readlink -f "$found"
done`
  const question = commandOf('sh', ['-c', list])
  const { stdout } = await place.run(question, { signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 })
  return stdout.trim().split('\n')
}
