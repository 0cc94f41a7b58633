import type { SecretVariable } from '../../domain/command.ts'
import type { Duration } from '../../domain/duration.ts'
import type { PostgresComponent } from '../../domain/site.ts'
import { blank, commandReading, commandText, shellWord } from '../../places/command-text.ts'
import type { ManualRestore, ManualRestoreRequest } from '../../domain/manual-restore.ts'
import { tablespaceFolder } from '../database-port.ts'
import { versionText, type Version } from '../version.ts'
import { infoTableCommand, postgresTime, restoreCommand, type PgbackrestSetting, type RecoveryTarget } from './commands.ts'
import { configurationText } from './configuration.ts'

interface Subject {
  readonly stanza: string
  readonly component: PostgresComponent
  readonly patience: Duration
  readonly oldest: Version
  /** Whether the bucket's keys come with a session token. */
  readonly hasToken: boolean
}

/** Instructions that hold for every pgBackRest from the oldest on. They end with a data directory that has not been started yet. */
export function manualRestore(subject: Subject, request: ManualRestoreRequest): ManualRestore {
  const { component, oldest } = subject
  const { folder, user, newest } = request
  const target = `${folder}/${component.name}`
  const work = `${target}.work`
  const setting: PgbackrestSetting = {
    program: 'pgbackrest',
    configuration: `${target}.conf`,
    stanza: subject.stanza,
    user,
  }
  const timeline = newest?.timeline === undefined || newest.timeline === newest.point.timeline ? 'current' : newest.timeline
  const restoreText = (goal: RecoveryTarget) =>
    commandText(restoreCommand(setting, blank('LABEL'), goal, { directory: target, holds: 'nothing' }))
  const label = newest?.point.id ?? '20260126-030004F'
  const exampleTime = newest === undefined ? '2026-01-26 06:30:05+00' : postgresTime(newest.point.endedAt).replace('.000', '')
  return {
    packages: ['pgbackrest'],
    oldestVersion: versionText(oldest),
    secrets: secretsOf(subject),
    instructions: [
      {
        title: 'Make the folders',
        command: `install -d -m 0700 -o ${user} ${target} ${tablespaceFolder(target)} ${work}`,
        expect: 'nothing; the prompt comes back.',
        otherwise: `\`invalid user\`: PostgreSQL's package makes the user; repeat part 3.`,
      },
      {
        title: 'Write the configuration of pgBackRest',
        command: commandReading(
          `install -m 0600 -o ${user} /dev/stdin ${setting.configuration}`,
          configurationFor(subject, request, work),
        ),
        expect: `nothing. The shell puts the secrets of part 3 in; \`ls -l ${setting.configuration}\` shows a file that only ${user} reads.`,
        otherwise: 'enter the secrets again if this is a new shell (part 3), then repeat this.',
      },
      {
        title: 'List the base backups',
        command: commandText(infoTableCommand(setting)),
        expect: `\`status: ok\`, the major version of PostgreSQL behind \`wal archive min/max\`, and a list of \`full backup\`, \`diff backup\` or \`incr backup\`, each with a label and with times in UTC, the newest at the end${newest === undefined ? '' : `; \`${label}\` was the newest when this page was made`}.`,
        otherwise: `\`missing stanza path\` or \`error (no valid backups)\`: the disk or bucket is another one than the one named above. \`unable to decrypt\`, \`cipher\` or \`FormatError\`: the passphrase is wrong; enter it again and write the configuration again. \`Permission denied\`: ${permissionRemedy(component, user)}. \`certificate\`, \`HINT: is the endpoint\`, \`403\`: the storage's name, authority or keys.`,
      },
      {
        title: 'Choose the base backup to begin with',
        command: `LABEL=${label}`,
        expect:
          'nothing. For the newest data take the newest label, as filled in here unless the list shows a newer one; for a time, the newest backup whose `timestamp start/stop` ended before that time.',
        otherwise: 'spell it exactly as in the list; a differential or incremental has two parts with `_` between.',
      },
      {
        title: 'Restore it, and let it recover to the newest data',
        command: restoreText({ to: 'archive-end', timeline }),
        expect: `a line for every file, and at the end \`restore command end: completed successfully\`. It has copied the base backup; the changes after it come when the server is started. \`--archive-mode=off\` must stay: a copy that archives would put its own history into the live one's repository.`,
        otherwise: `\`[040]\`, not empty: an earlier try is there; \`rm -r ${target} ${tablespaceFolder(target)}\`, and make the folders again. \`backup set … is not valid\`: the label is misspelt. \`[029]\` or \`unexpected format\`: this pgBackRest is older than the one that made the backup. \`[026]\` or \`[056]\`: a file in the repository is damaged; take an older label.`,
        instead: [
          {
            wish: 'To a time, such as the second before a mistake: put it in place of this one, with its offset from UTC',
            command: [`TIME=${quoted(exampleTime)}`, restoreText({ to: 'time', at: blank('TIME'), timeline })].join('\n'),
          },
          {
            wish: 'Only to the end of the base backup itself, the least that can fail',
            command: restoreText({ to: 'backup-end' }),
          },
        ],
      },
    ],
  }
}

const quoted = (text: string): string => `'${text}'`

function secretsOf({ component, hasToken }: Subject): SecretVariable[] {
  if (component.location.kind === 'directory') return ['RESTIC_PASSWORD']
  const keys: SecretVariable[] = ['RESTIC_PASSWORD', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
  return hasToken ? [...keys, 'AWS_SESSION_TOKEN'] : keys
}

/** What `setup apply` writes, with the secrets left to the reader, and with folders of the other machine. */
function configurationFor(subject: Subject, request: ManualRestoreRequest, workDirectory: string): string {
  const { component, hasToken } = subject
  const { location, source } = component
  const text = configurationText({
    stanza: subject.stanza,
    location: location.kind === 's3' && request.caFile !== undefined ? { ...location, caFile: request.caFile } : location,
    passphrase: blank('RESTIC_PASSWORD'),
    s3Keys:
      location.kind === 'directory'
        ? undefined
        : {
            id: blank('AWS_ACCESS_KEY_ID'),
            secret: blank('AWS_SECRET_ACCESS_KEY'),
            token: hasToken ? blank('AWS_SESSION_TOKEN') : undefined,
          },
    processes: source.processes,
    patience: subject.patience,
    workDirectory,
    dataDirectory: source.dataDirectory,
    port: source.port ?? 5432,
    socketDirectory: source.socketDirectory ?? '/var/run/postgresql',
    user: source.user,
  })
  return text.replaceAll(/^#.*\n+/gm, '')
}

function permissionRemedy({ location }: PostgresComponent, user: string): string {
  if (location.kind === 's3') return `\`${user}\` must be able to read the files that the message names`
  return `the number of the user ${user} is another one on this machine; \`chown -R ${user}: ${shellWord(location.path)}\``
}
