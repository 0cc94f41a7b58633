import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../../domain/errors.ts'
import {
  clientCommand,
  describeContainer,
  mountOf,
  runClient,
  type ContainerDescription,
} from '../../sources/postgres/container/inspection.ts'
import type { PostgresServer, ServerControl } from '../../sources/postgres/port.ts'
import type { AppContext, Restoring } from '../site/context.ts'
import type { ContainerComponent } from '../../domain/site.ts'
import { tablespaceLinks, type LiveCluster } from './live-cluster.ts'
import { inSecondContainer, secondName } from './restore-container.ts'

/**
 * The cluster of a container, whose data is renamed where it lies on this machine: a mount is made anew from its path whenever
 * the container starts. A second container of the same image restores it, given that folder by the name that it has here.
 */
export async function clusterInContainer(context: AppContext, component: ContainerComponent): Promise<LiveCluster> {
  const { source } = component
  const { place, signal } = context
  const container = await describeContainer(place, source.container, signal)
  const inside = source.container.findsData ? (container.environment['PGDATA'] ?? usualData) : source.dataDirectory
  if (container.goesWhenItStops)
    throw unreachable(component, container, 'it does not stay as it is when it is stopped (--rm, or a unit of systemd)')
  const data = await folderHere(context, component, container, inside)
  await refuseOtherUsers(context, component, container, inside)
  /** Throws `container-data` when the server that answers has other data than the folder here. */
  const locate = async (): Promise<PostgresServer> => {
    const server = await context.serverOf(component, [{ inside, here: data }])
    if (server.container?.shared.has(inside)) return server
    throw unreachable(component, container, `${inside} is not ${data} of this machine`)
  }
  const control = controlOf(container)
  return {
    ...{ data, dataDirectory: data, wasRunning: container.running, control },
    container: { runtime: container.runtime, name: container.name, restorer: secondName },
    configurationFile: container.running ? await configurationOf(locate) : undefined,
    tablespaces: () => {
      refuseTablespaces(component, data)
      return []
    },
    // Begun before anything is stopped, so that an image that is gone or lacks something interrupts nobody.
    prepare: (choose) =>
      inSecondContainer(context, component, { folders: [], instead: undefined }, async (restorer) => {
        const job = await choose(restorer)
        return { ...job, context: { ...context, restoring: restorer.restoring as Restoring } }
      }),
    restoreBy: (job, work) =>
      inSecondContainer(context, component, { folders: [data], instead: undefined }, (restorer) =>
        work({ ...job, context: restorer, engine: restorer.engineOf(component) }),
      ),
    startsBy: () => (container.running ? control : undefined),
    locate,
  }
}

/** Of the images that everybody makes theirs from, up to PostgreSQL 17; later ones say PGDATA. */
const usualData = '/var/lib/postgresql/data'

/** Where a path inside lies on this machine. Throws `container-data` where that can't be known. */
async function folderHere(
  context: AppContext,
  component: ContainerComponent,
  container: ContainerDescription,
  inside: string,
): Promise<string> {
  const mount = mountOf(container, inside)
  if (mount === undefined || mount.kind === 'tmpfs') throw unreachable(component, container, `${inside} is on no volume`)
  const root = mount.volume === undefined ? mount.source : await rootOfVolume(context, component, container, mount.volume)
  const folder = join(root, inside.slice(mount.target.length))
  if (!existsSync(folder)) throw unreachable(component, container, `${folder}, where it should be, is no folder of this machine`)
  return realpathSync(folder)
}

/** A volume is a folder of the runtime's, or is mounted there from elsewhere for as long as a container uses it. */
async function rootOfVolume(
  { place, signal }: AppContext,
  component: ContainerComponent,
  container: ContainerDescription,
  volume: string,
): Promise<string> {
  const format = '{{.Driver}}\n{{.Mountpoint}}\n{{index .Options "o"}}\n{{index .Options "device"}}\n{{len .Options}}'
  const options = { signal, deadlineMs: duration(1, 'm') }
  const asked = await runClient(place, container.runtime, ['volume', 'inspect', '--format', format, volume], options)
  const [driver, mountPoint = '', how = '', device = '', count] = asked.stdout.split('\n').map((line) => line.trim())
  if (asked.exitCode === 0 && driver === 'local' && count === '0' && mountPoint !== '') return mountPoint
  if (asked.exitCode === 0 && driver === 'local' && /(?:^|,)r?bind(?:,|$)/.test(how) && device.startsWith('/')) return device
  throw unreachable(component, container, `volume ${volume} is no folder of this machine`)
}

const unreachable = (
  { name, source }: ContainerComponent,
  { name: container }: ContainerDescription,
  why: string,
): HoldfastError =>
  new HoldfastError('container-data', `the data of container ${container} cannot be set aside by renaming it: ${why}`, {
    hint: `holdfast restore ${name} --to /srv/restore/${name}; then the commands of holdfast runbook, under “Put it in its place”, for container ${source.container.name}`,
  })

/** Whoever has the folder open would go on with the old one; a volume that stays mounted would even be started from. */
async function refuseOtherUsers(
  { place, signal }: AppContext,
  component: ContainerComponent,
  container: ContainerDescription,
  inside: string,
): Promise<void> {
  const mount = mountOf(container, inside)
  const filter = `volume=${mount?.volume ?? mount?.source}`
  const options = { signal, deadlineMs: duration(1, 'm') }
  const asked = await runClient(place, container.runtime, ['ps', '--filter', filter, '--format', '{{.Names}}'], options)
  const others = asked.stdout.split('\n').filter((name) => name !== '' && name !== container.name)
  if (others.length === 0) return
  throw new HoldfastError('container-data', `container ${others.join(', ')} uses the data of container ${container.name} too`, {
    hint: `${container.runtime} stop ${others.join(' ')}; then: holdfast restore ${component.name} --in-place`,
  })
}

function controlOf({ runtime, name }: ContainerDescription): ServerControl {
  const words = (...all: string[]) => clientCommand(runtime, all)
  return { start: words('start', name), stop: words('stop', '-t', '120', name), restart: words('restart', name) }
}

/** A server that doesn't answer, which may be why it is restored, has it where it has its data, or says so when it starts. */
async function configurationOf(locate: () => Promise<PostgresServer>): Promise<string | undefined> {
  try {
    const server = await locate()
    return await server.configurationFile()
  } catch (error) {
    if (isHoldfastError(error) && error.retryable) return undefined
    throw error
  }
}

/** Their links lead to paths inside. */
function refuseTablespaces({ name, source }: ContainerComponent, data: string): void {
  if (tablespaceLinks(data).length === 0) return
  throw new HoldfastError(
    'usage',
    `the cluster of container ${source.container.name} has tablespaces, which are not restored in place`,
    {
      hint: `holdfast restore ${name} --to /srv/restore/${name}; then the commands of holdfast runbook, under “Put it in its place”`,
    },
  )
}
