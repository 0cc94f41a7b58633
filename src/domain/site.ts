import type { Duration } from './duration.ts'
import type { DrillWish } from './drill.ts'
import type { ChannelSettings } from './notice.ts'
import type { EngineName, RepositoryLocation } from './repository.ts'
import type { Storage } from './storage.ts'

/** What holdfast.yaml means: parsed, defaults filled in, every path absolute. */
export interface Site {
  readonly name: string
  readonly timeZone: string
  /** The file it was read from. Engine configuration is written beside it. */
  readonly file: string
  readonly storage: Storage
  readonly secretsDirectory: string
  readonly engines: { readonly restic: string; readonly pgbackrest: string }
  readonly patience: Duration
  readonly objectives: { readonly rpo: Duration; readonly rto: Duration }
  readonly budget: Budget | undefined
  /** Who is told, in the order written. */
  readonly notify: readonly ChannelSettings[]
  readonly schedule: {
    readonly backup: string
    readonly drill: Period
    readonly heartbeat: Period
    readonly summary: Period
  }
  /** Whom to call in a disaster, each as a person wrote it. */
  readonly contacts: readonly string[]
  /** In the order written, which is the order of a run. */
  readonly components: readonly Component[]
}

/** What the storage may cost. */
export interface Budget {
  /** Tax included. */
  readonly monthly: number
  /** Three letters, such as AUD. */
  readonly currency: string
  /** What one of the currency is worth; undefined: prices are shown in US dollars, before tax. */
  readonly usdPerUnit: number | undefined
  readonly taxPercent: number
}

export type Period = 'daily' | 'weekly' | 'monthly' | 'never'

/** Something that is backed up. What it is follows from its source, and each kind of source is a member of the union. */
export type Component = FilesComponent | PostgresComponent

interface Protected {
  readonly name: string
  readonly location: RepositoryLocation
  readonly retention: RetentionPolicy
  readonly deadline: Duration
  /** What a drill asks of it beside what it always does. */
  readonly drill?: DrillWish | undefined
}

export interface FilesComponent extends Protected {
  readonly source: FilesSource
}

export interface PostgresComponent extends Protected {
  readonly source: PostgresSource
}

/** A database whose server runs in a container. */
export interface ContainerComponent extends PostgresComponent {
  readonly source: PostgresSource & { readonly container: DatabaseContainer }
}

export type Source = Component['source']

export const isDatabase = (component: Component): component is PostgresComponent => component.source.kind === 'postgres'

export const isInContainer = (component: Component): component is ContainerComponent =>
  isDatabase(component) && component.source.container !== undefined

const engineNames: Readonly<Record<Source['kind'], EngineName>> = { files: 'restic', postgres: 'pgbackrest' }

export const engineNameOf = ({ source }: Component): EngineName => engineNames[source.kind]

export interface PostgresSource {
  readonly kind: 'postgres'
  /** On this machine, or inside the container. */
  readonly dataDirectory: string
  /** The container that the server runs in; undefined for one on this machine. */
  readonly container?: DatabaseContainer | undefined
  readonly port: number | undefined
  readonly socketDirectory: string | undefined
  readonly user: string
  readonly database: string
  readonly full: 'monthly' | 'weekly' | 'always'
  readonly between: 'differential' | 'incremental'
  readonly processes: number
  /** Whether a row of ours may be written into the database now and then. */
  readonly heartbeat: boolean
}

export interface DatabaseContainer {
  readonly name: string
  /** Whichever knows the container, when left out. */
  readonly runtime: ContainerRuntime | undefined
  /** Name or number, inside the container, of the user who owns the data directory. */
  readonly user: string
  /** Nobody wrote where the data is: the container knows. */
  readonly findsData: boolean
}

export type ContainerRuntime = 'docker' | 'podman'

/** What a source is read from, for people and for the journal: paths, those in a container behind its name. */
export function sourcePaths(source: Source): readonly string[] {
  switch (source.kind) {
    case 'files':
      return source.paths
    case 'postgres':
      return [source.container === undefined ? source.dataDirectory : `${source.container.name}:${source.dataDirectory}`]
  }
}

/** Those paths of a source that lie on this machine. */
export function localPaths(source: Source): readonly string[] {
  switch (source.kind) {
    case 'files':
      return source.paths
    case 'postgres':
      return source.container === undefined ? [source.dataDirectory] : []
  }
}

export interface FilesSource {
  readonly kind: 'files'
  readonly paths: readonly string[]
  readonly exclude: readonly string[]
  readonly oneFileSystem: boolean
}

type Count = number | 'forever'

export type RetentionPolicy =
  | 'forever'
  | {
      readonly last?: Count | undefined
      readonly hourly?: Count | undefined
      readonly daily?: Count | undefined
      readonly weekly?: Count | undefined
      readonly monthly?: Count | undefined
      readonly yearly?: Count | undefined
      readonly within?: Duration | undefined
    }
