import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import type { ContainerComponent, DatabaseContainer } from '../../domain/site.ts'
import { shellWord } from '../../places/command-text.ts'
import type { ContainerFacts, PostgresServer, SharedPath } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'

export type ServerInContainer = PostgresServer & { readonly container: ContainerFacts }

/** A folder of this machine that the container has to see, and whether it may only be read there. */
export interface NeededMount extends SharedPath {
  readonly what: string
  readonly readOnly: boolean
}

/** What pgBackRest needs inside: its configuration, and of a directory storage the repository at the very same path. */
export function neededMounts(context: AppContext, component: ContainerComponent): NeededMount[] {
  const { file, fileForEngine } = context.engineOf(component).configuration
  const { location } = component
  const caFile = location.kind === 's3' ? location.caFile : undefined
  return [
    { what: 'the configuration of pgBackRest', here: dirname(file), inside: dirname(fileForEngine), readOnly: true },
    ...(location.kind === 'directory'
      ? [{ what: 'the repository', here: location.path, inside: location.path, readOnly: false }]
      : []),
    ...(caFile === undefined ? [] : [{ what: 'the certificate of the storage', here: caFile, inside: caFile, readOnly: true }]),
  ]
}

export const lookIntoContainer = async (context: AppContext, component: ContainerComponent): Promise<ServerInContainer> =>
  (await context.serverOf(component, neededMounts(context, component))) as ServerInContainer

/** The options of docker or podman that a new container with these mounts gets. */
export const mountOptions = (mounts: readonly NeededMount[]): string =>
  mounts.map(({ here, inside, readOnly }) => `--volume ${shellWord(`${here}:${inside}${readOnly ? ':ro' : ''}`)}`).join(' ')

/** Which of them the container lacks. One that isn't on this machine yet can't be seen there. */
export const missingMounts = (context: AppContext, component: ContainerComponent, { shared }: ContainerFacts): NeededMount[] =>
  neededMounts(context, component).filter(({ inside }) => !shared.has(inside))

/** Throws unless the server in a container runs, and pgBackRest finds there what it needs. */
export async function requireContainer(
  context: AppContext,
  component: ContainerComponent,
  warn: (what: string) => void,
): Promise<ServerInContainer> {
  const { container } = component.source
  const { location } = component
  const server = await lookIntoContainer(context, component)
  const [missing] = missingMounts(context, component, server.container).filter(({ here }) => existsSync(here))
  if (missing !== undefined) {
    throw new HoldfastError('no-access', `container ${container.name} does not see ${missing.what}, ${missing.here}`, {
      hint: `it is mounted when the container is made: ${mountOptions([missing])}; holdfast setup plan shows all that is missing`,
    })
  }
  if (location.kind === 'directory') refuseOtherOwner(location.path, server.container, container)
  const danger = crashDanger(server.container)
  if (danger !== undefined) warn(`in container ${container.name}, ${danger}; holdfast setup plan says what helps`)
  return server
}

/**
 * The numbers of users differ from image to image: a repository of another one ends in pgBackRest's error 047 or 041, which
 * names neither.
 */
function refuseOtherOwner(repository: string, { uid }: ContainerFacts, container: DatabaseContainer): void {
  const strange = [repository, join(repository, 'archive'), join(repository, 'backup')].find((path) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats !== undefined && stats.uid !== uid
  })
  if (strange === undefined) return
  const made = readdirSync(repository).length > 0
  throw new HoldfastError(
    'no-access',
    `${strange} belongs to user ${statSync(strange).uid}, and ${container.user} in container ${container.name} is user ${uid}`,
    { hint: made ? `chown --recursive ${uid} ${shellWord(repository)}` : 'holdfast setup apply gives it to that user' },
  )
}

/** Undefined where all is well. */
export function crashDanger({ isFirstProcess, archivesInBackground }: ContainerFacts): string | undefined {
  if (!isFirstProcess || !archivesInBackground) return undefined
  return 'PostgreSQL is the first process and PGBACKREST_ARCHIVE_ASYNC is set: when the storage fails, the database restarts as after a crash'
}
