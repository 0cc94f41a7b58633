import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryFolder } from '../../../machine/temporary-folder.ts'
import { majorVersionOf, ownerOf } from '../data-directory.ts'
import type { PrivateServer, RestoredCluster } from '../port.ts'
import { findServerPrograms } from '../programs.ts'
import { completeConfiguration } from './configuration.ts'
import { preparePrivateDirectory, privatePrefix } from './private-server.ts'
import { neverMetTarget } from './recovery-log.ts'
import { startServer, type StartOptions } from './start.ts'

export { neverMetTarget, type StartOptions }

/**
 * Starts a restored data directory where nobody else can reach it, waits until recovery is over, asks it a question, and
 * stops it cleanly. A `restore` that exits 0 proves nothing: only a server that answers after recovery does.
 *
 * Throws `recovery-incomplete` with the server's last words when it can't.
 */
export const proveRestoredCluster = (options: StartOptions): Promise<RestoredCluster> =>
  withRestoredServer(options, async ({ cluster }) => cluster)

/** The same, with something to do while the server runs; it dies with us. */
export async function withRestoredServer<Result>(
  options: StartOptions,
  work: (server: PrivateServer) => Promise<Result>,
): Promise<Result> {
  const { dataDirectory } = options
  const majorVersion = majorVersionOf(dataDirectory)
  const binaries = findServerPrograms(options.place, majorVersion)
  const owner = ownerOf(dataDirectory)
  if (options.configurationFile === undefined) completeConfiguration(dataDirectory)
  // A socket's path is limited to 107 bytes, so it can't lie in the target.
  const privateDirectory = makeTemporaryFolder(privatePrefix, options.scratchDirectory)
  try {
    const hba = preparePrivateDirectory(privateDirectory, dataDirectory)
    const start = (...extra: string[]) => startServer(options, { majorVersion, binaries, owner, privateDirectory, hba, extra })
    let server: PrivateServer
    try {
      server = await start()
    } catch (error) {
      // The wanted time lies in a window without holes, so whatever was committed before it is in the archive: when
      // PostgreSQL has read all of it and finds no commit after that time, the end of the archive is that same moment.
      if (!(options.until === 'time' && neverMetTarget(error))) throw error
      server = await start('-c', 'recovery_target_time=')
      server = { ...server, cluster: { ...server.cluster, endedBeforeTarget: true } }
    }
    const result = await work(server).catch(async (error: unknown) => {
      await server.stop().catch(() => undefined)
      throw error
    })
    await server.stop()
    return result
  } finally {
    rmSync(privateDirectory, { recursive: true, force: true })
    // pg_ctl restart would repeat the private options that stand there.
    rmSync(join(dataDirectory, 'postmaster.opts'), { force: true })
  }
}
