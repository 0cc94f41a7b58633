import type { DatabaseEngine } from '../../../engines/database-port.ts'
import type { Place } from '../../../places/place.ts'
import type { ClusterOwner } from '../../../sources/postgres/port.ts'
import type { AppContext } from '../../site/context.ts'

/** Where the programs run that restore and prove a database. */
export interface Workbench {
  readonly place: Place
  readonly engine: DatabaseEngine
  /** Who owns what is restored there. */
  readonly owner: ClusterOwner
  /** Where a server may keep its socket; the usual folder for temporary files when left out. */
  readonly scratchDirectory?: string
  /** A command that starts a copy in a folder for somebody to look inside, where this machine has no programs for that. */
  readonly lookInside?: (folder: string) => string
}

export type WorkbenchContext = Pick<AppContext, 'place' | 'placeIn' | 'engineOf' | 'engineAt' | 'signal'>
