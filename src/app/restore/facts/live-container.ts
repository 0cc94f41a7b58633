import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../../../domain/errors.ts'
import {
  clientCommand,
  describeContainer,
  mountOf,
  runClient,
  type ContainerDescription,
} from '../../../sources/postgres/container/inspection.ts'
import type { PostgresServer, ServerControl } from '../../../sources/postgres/port.ts'
import type { ContainerComponent } from '../../../domain/site.ts'
import type { LiveContainer } from '../plan.ts'
import { locateLive, unreachableData, type LiveContext, type LiveServer } from './live-server.ts'

/**
 * The server of a container, whose data is renamed where it lies on this machine: a mount is made again from its path whenever
 * the container starts. A helper container restores it, given that folder by the name that it has here.
 */
export async function serverInContainer(context: LiveContext, component: ContainerComponent): Promise<LiveServer> {
  const { source } = component
  const { place, signal } = context
  const container = await describeContainer(place, source.container, signal)
  const inside = source.container.findsData ? (container.environment['PGDATA'] ?? usualData) : source.dataDirectory
  if (container.goesWhenItStops)
    throw unreachableData(component, container, 'it does not stay as it is when it is stopped (--rm, or a unit of systemd)')
  const data = await folderHere(context, component, container, inside)
  await refuseOtherUsers(context, component, container, inside)
  const live: LiveContainer = { runtime: container.runtime, name: container.name, inside }
  const file = container.running
    ? await configurationOf(() => locateLive(context, component, { container: live, data }))
    : undefined
  return {
    ...{ data, dataDirectory: data, wasRunning: container.running, isStarted: container.running },
    ...{ control: controlOf(container), container: live },
    ...(file === undefined ? {} : { configurationFile: file }),
  }
}

/** Of the images that everybody makes theirs from, up to PostgreSQL 17; later ones say PGDATA. */
const usualData = '/var/lib/postgresql/data'

/** Where a path inside lies on this machine. Throws `container-data` where that can't be known. */
async function folderHere(
  context: LiveContext,
  component: ContainerComponent,
  container: ContainerDescription,
  inside: string,
): Promise<string> {
  const mount = mountOf(container, inside)
  if (mount === undefined || mount.kind === 'tmpfs') throw unreachableData(component, container, `${inside} is on no volume`)
  const root = mount.volume === undefined ? mount.source : await rootOfVolume(context, component, container, mount.volume)
  const folder = join(root, inside.slice(mount.target.length))
  if (!existsSync(folder))
    throw unreachableData(component, container, `${folder}, where it should be, is no folder of this machine`)
  return realpathSync(folder)
}

/** A volume is a folder of the runtime's, or is mounted there from elsewhere for as long as a container uses it. */
async function rootOfVolume(
  { place, signal }: LiveContext,
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
  throw unreachableData(component, container, `volume ${volume} is no folder of this machine`)
}

/** Whoever has the folder open would go on with the old one; a volume that stays mounted would even be started from. */
async function refuseOtherUsers(
  { place, signal }: LiveContext,
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
