import { chownSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder, move, replaceFile } from '../../disk/replace-file.ts'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import { systemErrorText } from '../../domain/system-error-text.ts'
import type { Change } from '../../domain/plan.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { clusterOwner } from '../../sources/postgres/data-directory.ts'
import type { ClusterOwner } from '../../sources/postgres/port.ts'
import type { ConfiguredServer, DatabaseEngine, EngineConfiguration } from '../../engines/database-port.ts'
import { requireAccess } from './access.ts'
import type { AppContext } from '../site/context.ts'

export interface ConfiguredCluster {
  readonly server: ConfiguredServer
  /** Numbers of this machine; for a container those inside, which are the same without user namespaces. */
  readonly owner: ClusterOwner
  /** Where its owner reads the configuration; undefined for a container that doesn't see it yet. */
  readonly reader: Pick<AppContext, 'place' | 'signal'> | undefined
}

/** The folders and the configuration file that pgBackRest needs, as the owner of the cluster, before it can do anything. */
export function planConfiguration(
  component: PostgresComponent,
  configuration: EngineConfiguration,
  cluster: ConfiguredCluster,
): Change[] {
  const { location } = component
  const { owner } = cluster
  return [
    ...(location.kind === 'directory'
      ? planFolder(
          { path: location.path, reason: 'pgBackRest runs as the owner of the cluster', holds: ['archive', 'backup'] },
          owner,
        )
      : []),
    ...(configuration.workDirectory === undefined
      ? []
      : planFolder(
          { path: configuration.workDirectory, reason: 'locks and spool of pgBackRest', holds: ['lock', 'spool'] },
          owner,
        )),
    ...planFile(component, configuration, cluster),
  ]
}

/**
 * On the machine that a disaster left, or on a new one, the engine's configuration may be gone with the server. It follows
 * from holdfast.yaml and the secrets; where the server would listen doesn't matter to whoever only reads the repository.
 */
export async function writeMissingConfiguration(
  context: Pick<AppContext, 'place' | 'signal'>,
  component: PostgresComponent,
  { engine, owner = clusterOwner(component.source.dataDirectory), isHelper = false }: ConfiguredEngine,
): Promise<void> {
  const { configuration } = engine
  if (existsSync(configuration.file)) return
  const { source } = component
  const server = { port: source.port ?? 5432, socketDirectory: source.socketDirectory ?? '/var/run/postgresql' }
  // In a container that is made for a restore, whatever lies where the live one's configuration does can be read.
  const reader = isHelper ? undefined : context
  for (const change of planConfiguration(component, configuration, { server, owner, reader })) await change.apply()
}

export interface ConfiguredEngine {
  readonly engine: Pick<DatabaseEngine, 'configuration'>
  /** Default: the owner of the live cluster. */
  readonly owner?: ClusterOwner
  /** It runs in a container that is made for a restore. */
  readonly isHelper?: boolean
}

interface OwnedFolder {
  readonly path: string
  readonly reason: string
  /** What pgBackRest makes in such a folder. One that holds anything else is somebody's, and is left to them. */
  readonly holds: readonly string[]
}

function planFolder({ path, reason, holds }: OwnedFolder, owner: ClusterOwner): Change[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.uid === owner.uid) return []
  refuseStrange(path, holds)
  return [
    {
      action: stats === undefined ? 'create' : 'own',
      subject: path,
      reason,
      apply: async () => {
        refuseStrange(path, holds)
        // The owner has to get through every folder above; only the last one is closed to others.
        mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
        mkdirSync(path, { recursive: true, mode: 0o750 })
        chownSync(path, owner.uid, owner.gid)
      },
    },
  ]
}

function refuseStrange(path: string, holds: readonly string[]): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return
  const strange = stats.isDirectory() ? readdirSync(path).find((name) => !holds.includes(name)) : ''
  if (strange === undefined) return
  throw new HoldfastError('target-exists', `${join(path, strange)} is not pgBackRest’s, so its folder is not taken over`, {
    hint: 'choose another `repository:` for the component, or move away what lies there',
  })
}

const remedy = 'every folder above it must let that user through (chmod o+x); /etc/holdfast does'

function planFile(
  component: PostgresComponent,
  configuration: EngineConfiguration,
  { server, owner, reader }: ConfiguredCluster,
): Change[] {
  const text = configuration.text(server)
  const present = existsSync(configuration.file) ? readFileSync(configuration.file, 'utf8') : undefined
  if (present === text) return []
  const kept = present === undefined || present.startsWith(ourFirstLine) ? undefined : `${configuration.file}.before-holdfast`
  return [
    {
      action: present === undefined ? 'write' : 'update',
      subject: configuration.file,
      reason: reasonFor(component, present, kept),
      apply: async () => {
        const { location } = component
        if (reader !== undefined && location.kind === 's3' && location.caFile)
          await requireAccess(reader, 'read', location.caFile, owner.user, remedy)
        if (kept !== undefined) keep(configuration.file, kept)
        writeOwned(configuration.file, text, owner)
        try {
          if (reader !== undefined) await requireAccess(reader, 'read', configuration.fileForEngine, owner.user, remedy)
        } catch (error) {
          // It holds keys, and nobody reads it there.
          if (kept === undefined) rmSync(configuration.file)
          else move(kept, configuration.file)
          throw error
        }
      },
    },
  ]
}

/**
 * Whether the file that is there asks the same repository as the new one would: only where the cluster lives has changed, as
 * after pg_upgrade.
 */
export function asksAlike(configuration: EngineConfiguration, server: ConfiguredServer): boolean {
  if (!existsSync(configuration.file)) return false
  const withoutCluster = (text: string) =>
    text
      .split('\n')
      .filter((line) => !line.startsWith('pg1-'))
      .join('\n')
  return withoutCluster(readFileSync(configuration.file, 'utf8')) === withoutCluster(configuration.text(server))
}

const ourFirstLine = '# Written by holdfast setup apply'

function reasonFor(component: PostgresComponent, present: string | undefined, kept: string | undefined): string {
  if (present === undefined) return `pgBackRest's configuration for ${component.name}, with keys, for its owner alone`
  const reason = 'it differs from holdfast.yaml or the running server'
  return kept === undefined ? reason : `${reason}, and was not written by Holdfast: it is kept as ${kept}`
}

/** A second name for the file that is there, so that it stays when another takes its place. */
function keep(file: string, kept: string): void {
  try {
    linkSync(file, kept)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('target-exists', `${file} cannot be kept as ${kept}: ${systemErrorText(error)}`, {
      hint: 'move one of them away, then run holdfast setup apply again',
      cause: error,
    })
  }
}

/** Written beside, then renamed: archive-push reads this file at any moment. */
function writeOwned(file: string, text: string, owner: ClusterOwner): void {
  makeFolder(dirname(file), 0o755)
  const access = owner.user === undefined ? { mode: 0o600 } : { mode: 0o640, owner: { uid: 0, gid: owner.gid } }
  replaceFile(file, text, { ...access, keep: 'durable' })
}
