import { join } from 'node:path'
import type { AppContext } from '../site/context.ts'

/** Where a restore works when nobody named a folder: in the state of the site, which the owner of a cluster gets into. */
const folderOf = ({ stateDirectory }: Pick<AppContext, 'stateDirectory'>): string => join(stateDirectory, 'temporary')

/** What is where in the folder of a temporary cluster. */
export const layout = (folder: string) => ({
  data: join(folder, 'data'),
  socket: join(folder, 'socket'),
  log: join(folder, 'postgresql.log'),
})

export const temporaryFolder = (context: Pick<AppContext, 'stateDirectory'>, component: string, stamp: string): string =>
  join(folderOf(context), `${component}-${stamp}`)

/** For a cluster that only a part is taken out of. Its name is always the same, so that the next restore goes on with it. */
export const partFolder = (context: Pick<AppContext, 'stateDirectory'>, component: string): string =>
  join(folderOf(context), `part-${component}`)
