import type * as restoreTime from '../../policy/restore-time.ts'
import type * as dataDirectory from '../../sources/postgres/data-directory.ts'
import type * as debian from '../../sources/postgres/debian.ts'
import type * as manual from '../../sources/postgres/manual/restore.ts'
import type * as manualInContainer from '../../sources/postgres/manual/restore-in-container.ts'

/** What the recovery kit and the runbook ask of the source of a database. */
export type PostgresCode = Pick<
  typeof dataDirectory,
  'clusterOwner' | 'clusterUser' | 'knownMajorVersionOf' | 'locateHere' | 'majorVersionOf'
> &
  Pick<typeof debian, 'debianCluster'> &
  Pick<typeof manual, 'proveByHand' | 'putBackByHand'> &
  Pick<typeof manualInContainer, 'putBackInContainer'>

/** Code that only some sites, or some calls, need. The composition loads it; the use cases know its types alone. */
export interface LazyCode {
  readonly postgres: () => Promise<PostgresCode>
  /** Time zones: a call that names no time does without. */
  readonly restoreTime: () => Promise<Pick<typeof restoreTime, 'parseRestoreTime'>>
}
