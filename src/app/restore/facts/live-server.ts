import { HoldfastError } from '../../../domain/errors.ts'
import type { PostgresComponent } from '../../../domain/site.ts'
import type { PostgresServer } from '../../../sources/postgres/port.ts'
import type { AppContext } from '../../site/context.ts'
import type { LiveCluster, LiveContainer } from '../plan.ts'

export type LiveContext = Pick<AppContext, 'machine' | 'place' | 'serverOf' | 'signal' | 'stateDirectory'>

/** Where the cluster is and how its server is spoken to, before it is known what lies there. */
export type LiveServer = Pick<
  LiveCluster,
  'data' | 'dataDirectory' | 'container' | 'wasRunning' | 'isStarted' | 'control' | 'configurationFile'
>

/** Throws `postgres-down` while the server isn't there, and `container-data` when it has other data than the folder here. */
export async function locateLive(
  { serverOf }: Pick<AppContext, 'serverOf'>,
  component: PostgresComponent,
  { container, data }: Pick<LiveCluster, 'container' | 'data'>,
): Promise<PostgresServer> {
  if (container === undefined) return serverOf(component)
  const { inside } = container
  const server = await serverOf(component, [{ inside, here: data }])
  if (server.container?.shared.has(inside)) return server
  throw unreachableData(component, container, `${inside} is not ${data} of this machine`)
}

export const unreachableData = ({ name }: PostgresComponent, container: Pick<LiveContainer, 'name'>, why: string) =>
  new HoldfastError('container-data', `the data of container ${container.name} cannot be set aside by renaming it: ${why}`, {
    hint: `holdfast restore ${name} --to /srv/restore/${name}; then the commands of holdfast runbook, under “Put it in its place”, for container ${container.name}`,
  })
