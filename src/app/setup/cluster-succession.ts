import { HoldfastError } from '../../domain/errors.ts'
import type { Change } from '../../domain/plan.ts'
import { locationText } from '../../domain/repository.ts'
import type { ClusterIdentity, Recoverability } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { commandText } from '../../places/command-text.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { successionOf } from '../../policy/succession.ts'
import { heartbeatOwner, type PostgresServer, type ServerFacts } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import { askRecoverability } from '../component/recoverability.ts'
import { engineContext } from '../component/engine-context.ts'

/**
 * What a repository needs that meets another cluster than its own: after pg_upgrade, a yes to go on with the new one. Throws
 * `postgres-mismatch` for a cluster that nothing shows to have come out of the old one; its backups must not end up here.
 */
export async function planSuccession(
  context: AppContext,
  component: PostgresComponent,
  server: PostgresServer,
  facts: ServerFacts,
): Promise<Change[]> {
  const { cluster } = context.engineOf(component)
  const work = engineContext(context, component, () => undefined)
  const known = await cluster.known(work)
  if (known === undefined) return []
  const own: ClusterIdentity = { majorVersion: String(Math.floor(facts.version / 10_000)), systemId: facts.systemId }
  if (own.systemId === known.systemId && own.majorVersion === known.majorVersion) return []
  const beat = await server.heartbeat()
  const isOurs = beat?.writer.startsWith(heartbeatOwner(context.site.name, component.name))
  const heartbeatAt = isOurs ? beat?.at : undefined
  const lastWal = lastWalOf(await askRecoverability(context, { component, engine: context.engineOf(component) }, work))
  const succession = successionOf({ known, server: own, heartbeatAt, currentWal: facts.currentWal ?? undefined, lastWal })
  if (succession === 'same') return []
  if (succession === 'stranger') throw stranger(component, known, own)
  const evidence =
    heartbeatAt === undefined
      ? 'its WAL goes on where that of the old one ended'
      : `it holds the heartbeat of ${component.name} of ${formatLocalStamp(heartbeatAt, context.site.timeZone)}`
  return [
    {
      action: 'upgrade',
      subject: `pgbackrest repository ${locationText(component.location)}`,
      reason: `PostgreSQL was upgraded, ${known.majorVersion} to ${own.majorVersion}: ${evidence}`,
      detail: commandText(cluster.upgradeCommand()),
      interrupts: `the repository takes nothing from the old cluster any more; its points stay, and need PostgreSQL ${known.majorVersion}. Until the next holdfast backup nothing of the new one can be restored`,
      apply: () => cluster.upgrade(work),
    },
  ]
}

function lastWalOf({ archive, windows, unreachable }: Recoverability): string | undefined {
  return [...windows, ...unreachable]
    .filter((wal) => wal.archive === archive)
    .map(({ lastWal }) => lastWal)
    .toSorted((one, other) => (one.slice(8) < other.slice(8) ? -1 : 1))
    .at(-1)
}

function stranger(component: PostgresComponent, known: ClusterIdentity, own: ClusterIdentity): HoldfastError {
  return new HoldfastError(
    'postgres-mismatch',
    `the repository of ${component.name} belongs to another PostgreSQL cluster: to number ${known.systemId} of version ${known.majorVersion}, not to ${own.systemId} of ${own.majorVersion}`,
    {
      hint: `is dataDirectory right? ${component.source.dataDirectory} holds no heartbeat of ${component.name}, so it did not come out of the old cluster; give a new one a repository: of its own, the old points stay restorable`,
    },
  )
}
