import type * as drillFolder from '../component/drill-folder.ts'
import type * as retain from '../retention/retain.ts'
import type { AppContext } from '../site/context.ts'
import type * as backUpDatabase from './back-up-database.ts'

/** What a run loads only when it comes to it. */
export interface BackUpCode {
  readonly databases: () => Promise<Pick<typeof backUpDatabase, 'backUpDatabase' | 'requireServer'>>
  readonly retention: () => Promise<Pick<typeof retain, 'applyRetention'>>
  readonly drillFolder: () => Promise<Pick<typeof drillFolder, 'drillLeftText' | 'removeDrillFolder'>>
}

export interface BackUpContext extends AppContext {
  readonly code: BackUpCode
}
