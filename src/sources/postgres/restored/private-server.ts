import { chownSync, closeSync, constants, fchownSync, openSync, statSync } from 'node:fs'
import { writeWhole } from '../../../disk/replace-file.ts'
import { join } from 'node:path'
import { isSystemError } from '../../../domain/errors.ts'

/** A server of our own on somebody's data, to which nobody else gets. */

/** Of the private socket, so it takes no other server's place. */
export const port = 5432

/** Somebody may have dropped `postgres`, or left it out of a restore; this is what every new database is made from. */
export const alwaysThere = 'template1'

/** How the folder of a server's socket is called to which nobody else gets. */
export const privatePrefix = 'holdfast-proof-'

/** A folder for a socket, whose owner alone gets in, with rules that let him; gives back the file of the rules. */
export function preparePrivateDirectory(privateDirectory: string, dataDirectory: string): string {
  const { uid, gid } = statSync(dataDirectory)
  const hba = join(privateDirectory, 'pg_hba.conf')
  createFileFor({ uid, gid }, hba, 'local all all trust\n')
  // Last: from here on its owner can put links into it.
  chownSync(privateDirectory, uid, gid)
  return hba
}

/** What a copy is started with, so that nobody but us reaches it and nothing of it reaches the repository. */
export function privateSettings(
  { hba, privateDirectory }: { readonly hba: string; readonly privateDirectory: string },
  archiving: 'off' | 'held' = 'off',
): string[] {
  const settings: Record<string, string> = {
    // Connections come only once recovery is over: an answer then means that the target was reached.
    hot_standby: 'off',
    ...(archiving === 'off' ? { archive_mode: 'off' } : { archive_mode: 'on', archive_command: '' }),
    listen_addresses: '',
    port: String(port),
    unix_socket_directories: privateDirectory,
    hba_file: hba,
    logging_collector: 'off',
    log_destination: 'stderr',
    // Its own configuration may keep it silent, or let it tell times of another zone.
    log_min_messages: 'warning',
    log_timezone: 'UTC',
    lc_messages: 'C',
    ssl: 'off',
    shared_buffers: '64MB',
    // The live one may have reserved them all.
    huge_pages: 'off',
    // It must do nothing by itself to others: consume what a publisher holds for the original, or run the jobs of pg_cron.
    max_logical_replication_workers: '0',
    'cron.launch_active_jobs': 'off',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/**
 * Writes a file of somebody else's folder. What is there already stays as it is, a link that leads nowhere too: we may be
 * root, and the folder's owner must not choose what we write to or give away.
 */
export function createFileFor(owner: { readonly uid: number; readonly gid: number }, path: string, text: string): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  let file: number
  try {
    file = openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return
    throw error
  }
  try {
    writeWhole(file, text, path)
    fchownSync(file, owner.uid, owner.gid)
  } finally {
    closeSync(file)
  }
}
