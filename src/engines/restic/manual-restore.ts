import type { FilesComponent } from '../../domain/site.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { commandText } from '../../places/command-text.ts'
import type { ManualRestore, ManualRestoreRequest } from '../../domain/manual-restore.ts'
import { versionText, type Version } from '../version.ts'
import { restoreCommand, snapshotTableCommand, type ResticSetting } from './commands.ts'

interface Subject {
  readonly site: string
  readonly component: FilesComponent
  readonly oldest: Version
}

/** Instructions that hold for every restic from the oldest on: the commands are those that it takes, too. */
export function manualRestore({ site, component, oldest }: Subject, request: ManualRestoreRequest): ManualRestore {
  const { location, name, source } = component
  const setting: ResticSetting = {
    program: 'restic',
    location: location.kind === 's3' && request.caFile !== undefined ? { ...location, caFile: request.caFile } : location,
    passphraseFile: undefined,
    cacheDirectory: `${request.folder}/restic.cache`,
  }
  const list = snapshotTableCommand(setting, site)
  const restoreText = (snapshot: string, paths: readonly string[] = []) =>
    commandText(restoreCommand(setting, oldest, { snapshot, target: `${request.folder}/${name}`, paths }))
  const known = request.newest === undefined ? undefined : shortPointId(request.newest.point.id)
  const [firstPath = ''] = source.paths
  return {
    packages: ['restic'],
    oldestVersion: versionText(oldest),
    secrets: list.secretEnvironment,
    instructions: [
      {
        title: 'List the snapshots',
        command: commandText(list),
        expect: `a table of snapshots, the newest at its end${known === undefined ? '' : `; \`${known}\` was the newest when this page was made`}. The times are those of this machine's zone.`,
        otherwise:
          '`wrong password or no key found`: enter the passphrase again (part 3). `unable to open config file` or `does not exist`: the disk or the bucket is another one than the one named above. It asks for a password: the variable is gone, because this is a new shell; enter the passphrase again.',
      },
      {
        title: 'Restore the newest snapshot',
        command: restoreText('latest'),
        expect: `\`restoring\`, the snapshot, \`to ${request.folder}/${name}\`, and then, after a while, the prompt again, with no line that begins with \`ignoring error\` or \`Fatal\`. Versions before 0.16 are silent meanwhile.`,
        otherwise:
          'run it again: it does no harm to what is there already. `no space left on device`: choose a larger disk, in all commands of this section. `unable to create lock` on a storage that is read-only: add `--no-lock` after `restore`.',
        instead: [
          {
            wish: 'Another snapshot: put its ID from the table in place of the last word',
            command: restoreText(known ?? '7be79a4b'),
          },
          {
            wish: 'Only a part: put its path in place of the one after `--include`; `--include` may be given several times',
            command: restoreText('latest', [firstPath]),
          },
        ],
      },
    ],
  }
}
