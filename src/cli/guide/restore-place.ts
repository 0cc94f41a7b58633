import { defined } from '../../domain/defined.ts'
import { shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import type { Instant } from '../../domain/clock.ts'
import type { FilesSource, PostgresSource } from '../../domain/site.ts'
import { zonedStamp } from '../output/time.ts'
import type { Choice } from './choice-screen.ts'

/** Where a restore goes, and with it what kind of restore it is. */
export type Place = 'folder' | 'temporary' | 'in-place' | 'dump' | 'live-database'

/** What was chosen, as far as the command line has words for it. */
export interface ChosenRestore {
  readonly component: string
  /** Of a database; the latest when left out. */
  readonly at?: Instant
  readonly point?: RestorePoint
  readonly paths?: readonly string[]
  readonly database?: string
  readonly tables?: readonly string[]
  readonly place?: Place
  /** Absolute path of a folder or a file, or the name of a database of the live server. */
  readonly to?: string
}

/** The options of `holdfast restore`. */
export interface GuidedRestore {
  readonly component: string
  readonly at?: string
  readonly point?: string
  readonly path?: readonly string[]
  readonly to?: string
  readonly inPlace?: true
  readonly temporary?: true
  readonly database?: string
  readonly table?: string[]
  readonly into?: string
}

export function optionsOf({ component, at, point, paths = [], database, tables = [], place, to }: ChosenRestore): GuidedRestore {
  return {
    component,
    ...(at === undefined ? {} : { at: zonedStamp(at) }),
    ...(point === undefined ? {} : { point: shortPointId(point.id) }),
    ...(paths.length === 0 ? {} : { path: paths }),
    ...defined({ database }),
    ...(tables.length === 0 ? {} : { table: [...tables] }),
    ...(place === 'in-place' ? { inPlace: true } : {}),
    ...(place === 'temporary' ? { temporary: true } : {}),
    ...(to === undefined ? {} : place === 'live-database' ? { into: to } : { to }),
  }
}

/** The command line that a restore without questions is called with. */
export function commandWords(options: GuidedRestore): string[] {
  const { component, at, point, path = [], to, inPlace, temporary, database, table = [], into } = options
  const valued = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value])
  return [
    ...['holdfast', 'restore', component],
    ...valued('--at', at),
    ...valued('--point', point),
    ...path.flatMap((one) => ['--path', one]),
    ...valued('--database', database),
    ...table.flatMap((one) => ['--table', one]),
    ...(inPlace ? ['--in-place'] : []),
    ...(temporary ? ['--temporary'] : []),
    ...valued('--to', to),
    ...valued('--into', into),
  ]
}

/** The places that what was chosen can go to, the one that changes least first. */
export function placesFor(
  source: Pick<PostgresSource, 'kind' | 'container'> | Pick<FilesSource, 'kind'>,
  database: string | undefined,
): readonly Choice<Place>[] {
  // Into a container's server a dump is loaded by hand.
  const isContained = source.kind === 'postgres' && source.container !== undefined
  if (database !== undefined) {
    const file: Choice<Place> = { label: 'a file', note: 'a dump, for pg_restore', value: 'dump' }
    return isContained
      ? [file]
      : [file, { label: 'the live server', note: 'a database of it, new or not', value: 'live-database' }]
  }
  const live: Choice<Place> = { label: 'in place', note: 'over what is there now; asks again before', value: 'in-place' }
  const folder: Choice<Place> = { label: 'a folder', note: 'empty, or not there yet', value: 'folder' }
  if (source.kind === 'files') return [folder, live]
  const temporary: Choice<Place> = { label: 'a temporary server', note: 'to look into, until Ctrl-C', value: 'temporary' }
  return [folder, temporary, live]
}

/** Where to, in words. */
export function destinationText({ place, to = '', database, tables = [] }: ChosenRestore): string {
  const part = tables.length === 0 ? `database ${database}` : `${tables.join(', ')} of database ${database}`
  switch (place) {
    case 'in-place':
      return 'where it came from, over what is there now; what that changes is shown, and asked for, once more'
    case 'temporary':
      return `a private server in ${to}, which runs until Ctrl-C and is removed then`
    case 'dump':
      return `${to}: a private copy of the cluster is started, and pg_dump writes ${part} out of it`
    case 'live-database':
      return `database ${to} of the live server: a private copy is started, and ${part} is dumped out of it and loaded`
    default:
      return to
  }
}
