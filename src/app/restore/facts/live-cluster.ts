import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HoldfastError } from '../../../domain/errors.ts'
import { isInContainer, type PostgresComponent } from '../../../domain/site.ts'
import { majorVersionOf } from '../../../sources/postgres/data-directory.ts'
import { debianCluster } from '../../../sources/postgres/debian.ts'
import { configurationFileOf, controlOf, runsIn } from '../../../sources/postgres/server-control.ts'
import { markOf } from '../../../state/restore-marks.ts'
import type { SetAside } from '../../../state/in-place-record.ts'
import { draftEntries } from '../in-place/draft.ts'
import type { LiveCluster } from '../plan.ts'
import { serverInContainer } from './live-container.ts'
import type { LiveContext, LiveServer } from './live-server.ts'

/** Everything that has to be known of the cluster that a restore in place replaces, while its data is still where it is. */
export async function askLiveCluster(context: LiveContext, component: PostgresComponent, stamp: string): Promise<LiveCluster> {
  if (!isInContainer(component)) return withData(context, component, await serverHere(context, component), stamp)
  return withData(context, component, await serverInContainer(context, component), stamp)
}

async function serverHere(context: LiveContext, component: PostgresComponent): Promise<LiveServer> {
  const { dataDirectory } = component.source
  const data = existsSync(dataDirectory) ? realpathSync(dataDirectory) : dataDirectory
  const isThere = existsSync(join(data, 'PG_VERSION')) && markOf(context, data) === undefined
  const wasRunning = isThere && runsIn(data)
  const isNew = !isThere && debianCluster(dataDirectory) !== undefined
  const file = isThere ? await configurationFileOf(dataDirectory, () => context.serverOf(component)) : undefined
  return {
    ...{ data, dataDirectory, wasRunning, isStarted: wasRunning || isNew },
    ...(isThere || isNew ? { control: controlOf(context.place, dataDirectory) } : {}),
    ...(file === undefined ? {} : { configurationFile: file }),
  }
}

async function withData(
  context: LiveContext,
  component: PostgresComponent,
  server: LiveServer,
  stamp: string,
): Promise<LiveCluster> {
  const { data } = server
  // What an earlier restore left unfinished where there was nothing is no data to keep.
  if (!existsSync(data) || readdirSync(data).length === 0 || markOf(context, data) !== undefined) {
    return { ...server, setAside: [], drafts: [], tablespaces: [], sizeBytes: 0 }
  }
  if (!existsSync(join(data, 'PG_VERSION'))) {
    throw new HoldfastError('target-exists', `${data} is neither empty nor a data directory of PostgreSQL`, {
      hint: 'look what lies there, and move it away',
    })
  }
  const names = (folder: string): SetAside => ({
    folder,
    aside: `${folder}.before-restore-${stamp}`,
    failed: `${folder}.failed-restore-${stamp}`,
  })
  const majorVersion = majorVersionOf(data)
  refuseMountPoint(data)
  const moving = tablespacesOf(component, server).flatMap((location) =>
    readdirSync(location)
      .filter((name) => name.startsWith(`PG_${majorVersion}_`) && !name.includes('-restore-'))
      .map((name) => ({ location, folder: join(location, name) })),
  )
  const sizeOf = async (folder: string) => (await context.machine.measure([folder])).sizeBytes
  const tablespaces = await Promise.all(
    moving.map(async ({ location, folder }) => ({ location, moved: names(folder), sizeBytes: await sizeOf(folder) })),
  )
  const wal = join(data, 'pg_wal')
  // The data directory last: its name is what a server starts by.
  const setAside = [...tablespaces.map(({ moved }) => moved), names(data)]
  const drafts = setAside.map(({ folder, aside }) => ({ folder, aside, entries: draftEntries(folder) }))
  return {
    ...server,
    ...{ setAside, drafts, tablespaces, sizeBytes: await sizeOf(data), majorVersion },
    ...(lstatSync(wal, { throwIfNoEntry: false })?.isSymbolicLink() ? { movedWal: readlinkSync(wal) } : {}),
  }
}

/** A mount point can't be renamed, and what would be restored beside it may lie on another, smaller disk. */
function refuseMountPoint(data: string): void {
  if (statSync(data).dev === statSync(dirname(data)).dev) return
  throw new HoldfastError('target-exists', `${data} is a mount point, so the old data cannot be set aside by renaming it`, {
    hint: 'restore with --to into a folder below another name on that disk, and let the server use that one',
  })
}

/** Where the tablespaces of the data lie. In a container their links lead to paths inside, and `usage` is thrown. */
export function tablespacesOf(
  { name }: Pick<PostgresComponent, 'name'>,
  { data, container }: Pick<LiveCluster, 'data' | 'container'>,
): string[] {
  const folder = join(data, 'pg_tblspc')
  const links = (existsSync(folder) ? readdirSync(folder) : [])
    .map((link) => join(folder, link))
    .filter((link) => lstatSync(link).isSymbolicLink())
  if (container === undefined) return links.filter((link) => existsSync(link)).map((link) => realpathSync(link))
  if (links.length === 0) return []
  const message = `the cluster of container ${container.name} has tablespaces, which are not restored in place`
  throw new HoldfastError('usage', message, {
    hint: `holdfast restore ${name} --to /srv/restore/${name}; then the commands of holdfast runbook, under “Put it in its place”`,
  })
}
