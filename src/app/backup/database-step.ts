import type { Recoverability, RestorePoint } from '../../domain/restore-point.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import type { PostgresServer } from '../../sources/postgres/port.ts'
import type { BaseBackupRequest } from '../../engines/database-port.ts'

/** What the backup of a database works with, once its server is known to be ready. */
export interface DatabaseStep {
  readonly component: PostgresComponent
  readonly server: PostgresServer
  readonly runId: string
  readonly pinned: Pick<BaseBackupRequest, 'pin'>
  readonly work: EngineContext
  readonly warn: (what: string) => void
  /** Hears what was cleared away. */
  readonly healed: (what: string) => void
}

/** What can be restored of a database, as the engine told it at one moment. */
export interface Look extends Recoverability {
  readonly points: readonly RestorePoint[]
}
