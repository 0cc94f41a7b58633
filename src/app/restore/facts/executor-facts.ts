import { dirname } from 'node:path'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError, isHoldfastError, type ErrorCode } from '../../../domain/errors.ts'
import { majorVersionOf } from '../../../domain/restore-point.ts'
import { isInContainer, type ContainerComponent, type PostgresComponent } from '../../../domain/site.ts'
import { temporaryPath } from '../../../machine/temporary-folder.ts'
import { shellWord } from '../../../places/command-text.ts'
import { findServerPrograms } from '../../../sources/postgres/programs.ts'
import type { AppContext } from '../../site/context.ts'
import { ownerHere } from '../executors/here.ts'
import type { PlannedExecutor } from '../plan.ts'
import type { RestoreTarget } from '../request.ts'

/** What restores a database, before it has a name. */
export type ExecutorChoice =
  | { readonly kind: 'here' }
  | { readonly kind: 'helper-container'; readonly folders: readonly string[]; readonly otherwise?: string }

/**
 * This machine's PostgreSQL and pgBackRest where they can read what was written, else a helper container. In place it is always
 * that, because the container's own programs will run the data afterwards.
 */
export async function chooseExecutor(
  context: AppContext,
  component: PostgresComponent,
  target: RestoreTarget,
): Promise<ExecutorChoice> {
  if (!isInContainer(component)) return { kind: 'here' }
  // Its folder is known once the live cluster was looked at.
  if (target.kind === 'in-place') return { kind: 'helper-container', folders: [] }
  refuseLoading(component, target)
  const lacking = await whatIsLackingHere(context, component)
  if (lacking === undefined) return { kind: 'here' }
  if (target.kind !== 'directory') {
    throw new HoldfastError('program-missing', `this machine cannot restore ${component.name} so: ${lacking}`, {
      hint: `install PostgreSQL and pgBackRest here, in the versions of the container; or restore all of it with --to, which needs only the image of ${component.source.container.name}`,
    })
  }
  const otherwise = `or let this machine’s own PostgreSQL and pgBackRest do it: ${lacking}`
  return { kind: 'helper-container', folders: [parentOf(target.folder, component)], otherwise }
}

/** Where a folder is restored to is made by the restore; its parent is what a container is given. */
function parentOf(folder: string, { name }: ContainerComponent): string {
  const parent = dirname(folder)
  if (parent !== '/') return parent
  throw new HoldfastError('usage', `${folder} lies directly below /, which no container can be given`, {
    hint: `choose a folder in a folder, such as --to /srv/restore/${name}`,
  })
}

/** What a plan says of it. `cat` ends when nobody holds its input any more, and the container with it. */
export async function executorNamed(
  context: Pick<AppContext, 'place' | 'placeOf' | 'signal'>,
  component: PostgresComponent,
  choice: ExecutorChoice,
  named: { readonly name: string; readonly folders: readonly string[] },
): Promise<PlannedExecutor> {
  if (choice.kind === 'here' || !isInContainer(component)) return { kind: 'here' }
  const { container } = component.source
  const { folders } = named
  const { otherwise } = choice
  const client = (words: readonly string[]) => context.placeOf(component).clientCommand(words, context.signal)
  const format = '{{.Image}}{{range .Config.Env}}\n{{.}}{{end}}'
  const inspected = await context.place.run(
    await client(['inspect', '--type', 'container', '--format', format, container.name]),
    { signal: context.signal, deadlineMs: duration(1, 'm'), captureBytes: 2 ** 20 },
  )
  const [image = '', ...environment] = inspected.stdout.trim().split('\n')
  if (inspected.exitCode !== 0 || image === '') {
    throw new HoldfastError('container-missing', `container ${container.name} is gone, and with it the name of its image`, {
      hint: ['make it again from its compose file', otherwise].filter((part) => part !== undefined).join('; '),
      detail: inspected.stderr,
    })
  }
  const path = environment.find((line) => line.startsWith('PATH='))
  const name = `holdfast-restore-${named.name}`
  const scratch = temporaryPath(name)
  const command = await client([
    ...['run', '--rm', '--interactive', '--name', name, '--network', 'host', '--user', container.user],
    ...['--volumes-from', `${container.name}:ro`],
    ...[...folders, scratch].flatMap((folder) => ['--volume', `${folder}:${folder}`]),
    ...(path === undefined ? [] : ['--env', path]),
    ...['--entrypoint', 'sh', image, '-c', 'echo ready; exec cat >/dev/null'],
  ])
  return { kind: 'helper-container', name, scratch, folders, command, ...(otherwise === undefined ? {} : { otherwise }) }
}

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
