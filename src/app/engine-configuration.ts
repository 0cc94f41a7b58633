import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Change } from '../domain/plan.ts'
import type { PostgresComponent } from '../domain/site.ts'
import type { EngineConfiguration } from '../engines/port.ts'
import { clusterOwner, type ClusterOwner, type ServerAddress } from '../sources/postgres/server.ts'
import { requireAccess } from './access.ts'
import type { AppContext } from './context.ts'

/** The folders and the configuration file that pgBackRest needs, as the owner of the cluster, before it can do anything. */
export function planConfiguration(
  context: AppContext,
  component: PostgresComponent,
  configuration: EngineConfiguration,
  server: ServerAddress,
): Change[] {
  const { location } = component
  const owner = clusterOwner(component.source.dataDirectory)
  return [
    ...(location.kind === 'directory' ? planFolder(location.path, 'pgBackRest runs as the owner of the cluster', owner) : []),
    ...planFolder(configuration.workDirectory, 'locks and spool of pgBackRest', owner),
    ...planFile(context, component, configuration, server, owner),
  ]
}

function planFolder(path: string, reason: string, owner: ClusterOwner): Change[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.uid === owner.uid) return []
  return [
    {
      action: stats === undefined ? 'create' : 'own',
      subject: path,
      reason,
      apply: async () => {
        // The owner has to get through every folder above; only the last one is closed to others.
        mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
        mkdirSync(path, { recursive: true, mode: 0o750 })
        chownSync(path, owner.uid, owner.gid)
      },
    },
  ]
}

const remedy = 'every folder above it must let that user through (chmod o+x); /etc/holdfast does'

function planFile(
  context: AppContext,
  component: PostgresComponent,
  configuration: EngineConfiguration,
  server: ServerAddress,
  owner: ClusterOwner,
): Change[] {
  const text = configuration.text(server)
  const present = existsSync(configuration.file)
  if (present && readFileSync(configuration.file, 'utf8') === text) return []
  return [
    {
      action: present ? 'update' : 'write',
      subject: configuration.file,
      reason: present
        ? 'it differs from holdfast.yaml or the running server'
        : `pgBackRest's configuration for ${component.name}, with keys, for its owner alone`,
      apply: async () => {
        writeOwned(configuration.file, text, owner)
        const { location } = component
        const files = [configuration.file, ...(location.kind === 's3' && location.caFile ? [location.caFile] : [])]
        for (const file of files) await requireAccess(context, 'read', file, owner.user, remedy)
      },
    },
  ]
}

/** Written beside, then renamed: archive-push reads this file at any moment. */
function writeOwned(file: string, text: string, owner: ClusterOwner): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  const draft = `${file}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  if (owner.user !== undefined) {
    chownSync(draft, 0, owner.gid)
    chmodSync(draft, 0o640)
  }
  renameSync(draft, file)
}
