import { join } from 'node:path'
import { duration } from '../../domain/duration.ts'
import { locateRepository, ownFolders } from '../../domain/repository.ts'
import type { FilesComponent, Site } from '../../domain/site.ts'

/** Where a machine gathers what goes into the recovery kit. */
export const kitFolderOf = (stateDirectory: string): string => join(stateDirectory, 'kit')

export const journalFolderOf = (stateDirectory: string): string => join(stateDirectory, 'journal')

/**
 * The recovery kit, as restic sees it: a repository of files like any other, so that the one passphrase opens it, every run
 * leaves a version, and it can be read without Holdfast.
 */
export function kitComponent(site: Pick<Site, 'name' | 'storage'>, stateDirectory: string): FilesComponent {
  return {
    name: ownFolders.kit,
    source: {
      kind: 'files',
      paths: [kitFolderOf(stateDirectory), journalFolderOf(stateDirectory)],
      exclude: [],
      oneFileSystem: false,
    },
    location: locateRepository(site.storage, site.name, ownFolders.kit),
    retention: { last: 30 },
    deadline: duration(15, 'm'),
  }
}
