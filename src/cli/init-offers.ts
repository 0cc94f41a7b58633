import { existsSync, readdirSync } from 'node:fs'
import type { DraftComponent } from '../config/draft.ts'
import { createLocalPlace } from '../places/local.ts'
import { discoverContainers, type FoundContainer } from '../sources/postgres/container/discovery.ts'
import { isNameless } from '../sources/postgres/container/inspection.ts'
import { discoverClusters, type FoundCluster } from '../sources/postgres/discovery.ts'
import { stopSignal } from './stop-signal.ts'

/** A component that could be protected, and what a person would call it. */
export interface Offer {
  readonly component: DraftComponent
  readonly what: string
}

/** Folders that most servers have and most people forget; offered only where they hold something. */
const usualFolders = [
  { name: 'data', path: '/srv' },
  { name: 'logs', path: '/var/log' },
  { name: 'configs', path: '/etc' },
]

/** What of this machine is worth a backup, and what of it can't be looked at. */
export async function offersOf(): Promise<{ readonly offers: readonly Offer[]; readonly notes: readonly string[] }> {
  const { found, notes } = await discoverContainers(createLocalPlace(), stopSignal())
  const folders = usualFolders.filter(({ path }) => existsSync(path) && readdirSync(path).length > 0)
  const offers: Offer[] = [
    ...offerDatabases(discoverClusters(), found),
    ...folders.map(({ name, path }) => ({ component: { kind: 'files' as const, name, paths: [path] }, what: path })),
  ]
  return { offers, notes }
}

/** One database is `database`; of several each carries its version and place, or the name of its container. */
export function offerDatabases(clusters: readonly FoundCluster[], containers: readonly FoundContainer[]): Offer[] {
  const isOnly = clusters.length + containers.length === 1
  const used = new Set<string>()
  const unused = (name: string): string => {
    const free = used.has(name) ? `${name}-${used.size + 1}` : name
    used.add(free)
    return free
  }
  return [
    ...clusters.map(({ dataDirectory, majorVersion }, index): Offer => {
      const name = unused(isOnly ? 'database' : `database-${majorVersion}-${index + 1}`)
      return { component: { kind: 'postgres', name, dataDirectory }, what: `PostgreSQL in ${dataDirectory}` }
    }),
    ...containers.map((container): Offer => {
      const name = unused(isOnly ? 'database' : `database-${inNames(container.name)}`)
      return { component: { kind: 'postgres-container', name, container: container.name }, what: containerText(container) }
    }),
  ]
}

/** A text in the form that names of sites and components have. */
export const inNames = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

function containerText({ runtime, name, image, majorVersion, mount, archives, compose }: FoundContainer): string {
  const where =
    mount === undefined
      ? 'its data in the container itself, lost with it'
      : `its data in ${isNameless(mount) ? 'a volume without a name' : mount.volume === undefined ? mount.source : `volume ${mount.volume}`}`
  const details = [
    image,
    where,
    ...(archives === undefined ? [] : [archives ? 'it archives already' : 'it does not archive yet']),
    ...(compose === undefined ? [] : [`service ${compose.service} of compose project ${compose.project}`]),
  ]
  return `PostgreSQL ${majorVersion} in ${runtime}’s container ${name} (${details.join(', ')})`
}
