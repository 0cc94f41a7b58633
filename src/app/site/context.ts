import type { DatabaseEngine } from '../../engines/database-port.ts'
import type { FileEngine } from '../../engines/file-port.ts'
import type { Clock } from '../../domain/clock.ts'
import type { SecretVariable } from '../../domain/command.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Component, ContainerComponent, FilesComponent, PostgresComponent, Site } from '../../domain/site.ts'
import type { Engine } from '../../engines/port.ts'
import type { Journal } from '../../state/journal/journal.ts'
import type { PointCache } from '../../state/point-cache.ts'
import type { Kernel, Machine } from '../../machine/port.ts'
import type { ContainerPlace, Place } from '../../places/place.ts'
import type { PostgresServer, SharedPath } from '../../sources/postgres/port.ts'
import type { SiteStorage } from '../../storage/port.ts'
import type { LazyCode } from './lazy-code.ts'
import type { SiteLease } from './lease.ts'
import type { Notifier } from './notifier.ts'

export interface EngineWhere {
  readonly place: Place
  /** Whom it runs as, when that isn't ourselves. */
  readonly user: string | undefined
  /** Inside a container, beside the database's own; else with a configuration of this machine's. */
  readonly isContainer: boolean
}

/** A place that only a container is is known as such by the type of its component. */
export interface PlaceOf {
  (component: ContainerComponent): ContainerPlace
  (component: Component): Place
}

/** The engine of a component can do what its kind needs. */
export interface EngineOf {
  (component: FilesComponent): FileEngine
  (component: PostgresComponent): DatabaseEngine
  (component: Component): Engine
}

/** What is known of a site without touching an engine: enough for `status`. */
export interface SiteView {
  readonly site: Site
  readonly clock: Clock
  readonly machine: Kernel
  readonly journal: Journal
  readonly pointCache: PointCache
  /** This site's own folder below the state directory: journal, lock, the engines' locks. */
  readonly stateDirectory: string
  /** The same in memory, for what is remembered while the state folder takes nothing. */
  readonly runtimeDirectory: string
}

/** Everything that a use case works with; built in one place, the command line. */
export interface AppContext extends SiteView {
  readonly version: string
  readonly machine: Machine
  /** This machine. */
  readonly place: Place
  /** Where a component's source is, and where its engine runs: this machine, or a container. */
  readonly placeOf: PlaceOf
  /**
   * The live server of a database, here or in a container. `paths` are those of which `ContainerFacts.shared` is to tell. Throws
   * `source-missing`, `postgres-down`, and what keeps a container from being entered.
   */
  readonly serverOf: (component: PostgresComponent, paths?: readonly SharedPath[]) => Promise<PostgresServer>
  readonly signal: AbortSignal
  readonly storage: SiteStorage
  readonly lease: SiteLease
  readonly notifier: Notifier
  /** The recovery kit, as a component of its own that no configuration names. */
  readonly kit: FilesComponent
  /** Inside another container than a component's own, as the same user. `programs` are the paths of those that are there. */
  readonly placeIn: (component: ContainerComponent, container: string, programs?: readonly string[]) => ContainerPlace
  /** The engine of a database that is restored elsewhere than where it is backed up. */
  readonly engineAt: (component: PostgresComponent, where: EngineWhere) => Promise<DatabaseEngine>
  /** Of the kit too. */
  readonly engineOf: EngineOf
  /** The file that a secret comes from, for the text of a dry run. */
  readonly secretFileOf: (name: SecretVariable) => string | undefined
  readonly cacheDirectory: string
  readonly lazy: LazyCode
}

/** The named components in the order of the configuration; all of them when none is named. Throws `usage` for a stranger. */
export function selectComponents(site: Site, names: readonly string[]): Component[] {
  for (const name of names) componentNamed(site, name)
  return site.components.filter((component) => names.length === 0 || names.includes(component.name))
}

export function componentNamed(site: Site, name: string): Component {
  const found = site.components.find((component) => component.name === name)
  if (found) return found
  throw new HoldfastError('usage', `there is no component ${JSON.stringify(name)} in ${site.file}`, {
    hint: `there are ${site.components.map((component) => component.name).join(', ')}`,
  })
}

export const lockFileOf = (context: Pick<SiteView, 'stateDirectory'>): string => `${context.stateDirectory}/lock`
