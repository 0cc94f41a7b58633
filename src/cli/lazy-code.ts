import type { BackUpCode } from '../app/backup/back-up-code.ts'
import type { LazyCode } from '../app/site/lazy-code.ts'

/** What is loaded only where it is needed: a run of files alone pays for no database. */
export const lazyCode: LazyCode = {
  postgres: () => import('./postgres-code.ts'),
  restoreTime: () => import('../policy/restore-time.ts'),
}

export const backUpCode: BackUpCode = {
  databases: () => import('../app/backup/back-up-database.ts'),
  retention: () => import('../app/retention/retain.ts'),
  drillFolder: () => import('../app/component/drill-folder.ts'),
}
