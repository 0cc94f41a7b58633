import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isoInstant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { preparePrivateDirectory } from '../../sources/postgres/restored/private-server.ts'
import { proveRestoredCluster } from '../../sources/postgres/restored/cluster.ts'
import { privateControl, runControl, runsIn } from '../../sources/postgres/server-control.ts'
import type { AppContext } from '../site/context.ts'
import { copyCluster, explainName, restoredBy, type DatabaseRestore } from './database-job.ts'
import { forgetFolder, markedFolders, markFolder, markOf, type RestoreMark } from '../../state/restore-marks.ts'
import { ownerOfRestored } from '../component/restored-owner.ts'
import { prepareTarget, refuseTarget } from './facts/target-state.ts'
import type { Restored, RestoreTarget } from './request.ts'

/** What a socket's path may take, its own name included. */
const longestSocketPath = 107

/** What is where in the folder of a temporary cluster. */
export const layout = (folder: string) => ({
  data: join(folder, 'data'),
  socket: join(folder, 'socket'),
  log: join(folder, 'postgresql.log'),
})

/**
 * Restores a database into a folder of its own and leaves it running there, where only the owner of the cluster and root get
 * to it. It never archives, and lives until `stopTemporary`.
 */
export async function restoreTemporary(
  context: AppContext,
  component: PostgresComponent,
  target: Extract<RestoreTarget, { kind: 'temporary' }>,
  prepare: () => Promise<DatabaseRestore>,
): Promise<Restored> {
  const folder = target.folder ?? temporaryFolder(context, component)
  const { data, socket, log } = layout(folder)
  if (Buffer.byteLength(join(socket, '.s.PGSQL.5432')) > longestSocketPath) {
    throw new HoldfastError('usage', `${folder} is too long a path for the socket of a server`, {
      hint: 'name a shorter one with --to',
    })
  }
  refuseTarget(context, component, folder)
  const job = await prepare()
  const owner = ownerOfRestored(context, component)
  prepareTarget(folder, owner)
  markFolder(context, { component: component.name, kind: 'temporary', folder })
  try {
    const cluster = await proveRestoredCluster(await copyCluster(job, data, {})).catch(explainName(job))
    forgetFolder(context, data)
    mkdirSync(socket, { mode: 0o700 })
    const hba = preparePrivateDirectory(socket, data)
    job.work.report({ note: 'starting it, to be used' })
    const { start } = privateControl(context.place, data, { socketDirectory: socket, hba, log })
    await runControl(context.place, start, 'starting the temporary cluster', context.signal, `its log is ${log}`)
    const [database] = cluster.databases.filter(({ name }) => name !== 'postgres')
    const connection = `host=${socket} port=5432 user=${component.source.user} dbname=${database?.name ?? 'postgres'}`
    return { ...restoredBy(job, cluster), target: folder, places: [data], connection }
  } catch (error) {
    await removeTemporary({ ...context, signal: new AbortController().signal }, folder)
    throw error
  }
}

/** Where nobody named a folder: in the state of the site, which the owner of a cluster gets into. */
export function temporaryFolder(context: AppContext, component: PostgresComponent): string {
  const stamp = isoInstant(context.clock.now()).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return join(context.stateDirectory, 'temporary', `${component.name}-${stamp}`)
}

/** Stops a temporary cluster of a component and removes all of it; the only one there is when no folder is named. */
export async function stopTemporary(context: AppContext, component: string, folder: string | undefined): Promise<RestoreMark> {
  const running = markedFolders(context, component, 'temporary')
  const mark = folder === undefined ? running[0] : markOf(context, folder)
  if (mark?.kind === 'temporary' && mark.component === component && (folder !== undefined || running.length === 1)) {
    await removeTemporary(context, mark.folder)
    return mark
  }
  const which = folder === undefined ? '' : ` in ${folder}`
  throw new HoldfastError(
    'usage',
    `there is ${running.length > 1 ? 'more than one' : 'no'} temporary cluster of ${component}${which}`,
    {
      hint:
        running.length === 0
          ? 'holdfast restore --temporary makes one'
          : `there are ${running.map((one) => one.folder).join(', ')}: name it after --stop`,
    },
  )
}

async function removeTemporary(context: AppContext, folder: string): Promise<void> {
  const { data, socket, log } = layout(folder)
  if (runsIn(data)) {
    const hba = join(socket, 'pg_hba.conf')
    const { stop } = privateControl(context.place, data, { socketDirectory: socket, hba, log })
    await runControl(context.place, stop, 'stopping the temporary cluster', context.signal)
  }
  rmSync(folder, { recursive: true, force: true })
  forgetFolder(context, data)
  forgetFolder(context, folder)
}
