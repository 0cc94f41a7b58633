import { defined } from '../../domain/defined.ts'
import type { Instant } from '../../domain/clock.ts'
import { commandOf, type Command } from '../../domain/command.ts'
import type { DatabaseBackupKind } from '../../domain/restore-point.ts'
import { shellWord } from '../../places/command-text.ts'
import { pinText } from '../pin-text.ts'
import { tablespaceFolder } from '../database-port.ts'
import type { RestoreInto } from '../port.ts'

/** All that a pgBackRest command line is made from; keys and paths stand in the configuration file. */
export interface PgbackrestSetting {
  readonly program: string
  /** Absolute path of pgbackrest.conf. */
  readonly configuration: string
  readonly stanza: string
  /** The owner of the cluster, when that isn't the user who runs Holdfast. */
  readonly user: string | undefined
}

function build(setting: PgbackrestSetting, verb: string, options: readonly string[], operands: readonly string[] = []): Command {
  return {
    program: setting.program,
    arguments: [`--config=${setting.configuration}`, `--stanza=${setting.stanza}`, ...options, verb, ...operands],
    // Labels are local times, and each must be later than the one before: a zone that changes would stop all backups.
    environment: { TZ: 'UTC' },
    secretEnvironment: [],
    ...defined({ user: setting.user }),
  }
}

/** Progress is read from the list of files, so the engine is asked to name them. */
const talkative = '--log-level-console=detail'

export const versionCommand = (program: string): Command => commandOf(program, ['version'])

export const infoCommand = (setting: PgbackrestSetting): Command => build(setting, 'info', ['--output=json'])

/** The same for people. */
export const infoTableCommand = (setting: PgbackrestSetting): Command => build(setting, 'info', [])

export const infoSetCommand = (setting: PgbackrestSetting, label: string): Command =>
  build(setting, 'info', [`--set=${label}`, '--output=json'])

export const createCommand = (setting: PgbackrestSetting): Command =>
  // The repository may be made while the server is down: what it needs stands in the data directory.
  build(setting, 'stanza-create', ['--no-online'])

/** The cluster in the data directory becomes the one that the repository takes backups of; those of the old one stay. */
export const upgradeCommand = (setting: PgbackrestSetting): Command => build(setting, 'stanza-upgrade', ['--no-online'])

export const checkCommand = (setting: PgbackrestSetting): Command => build(setting, 'check', [])

const backUpTypes: Record<DatabaseBackupKind, string> = { full: 'full', differential: 'diff', incremental: 'incr' }

export const backUpCommand = (setting: PgbackrestSetting, kind: DatabaseBackupKind, pin?: string): Command =>
  build(setting, 'backup', [
    talkative,
    `--type=${backUpTypes[kind]}`,
    '--no-expire-auto',
    ...(pin === undefined ? [] : [pinOption(pin)]),
  ])

/** The annotation of a backup that says why it is kept for ever. */
export const pinAnnotation = 'holdfast-pin'

/** An annotation without a value is taken away. */
const pinOption = (pin: string | undefined): string => `--annotation=${pinAnnotation}=${pin === undefined ? '' : pinText(pin)}`

export const annotateCommand = (setting: PgbackrestSetting, label: string, pin: string | undefined): Command =>
  build(setting, 'annotate', [`--set=${label}`, pinOption(pin)])

/** Removes one backup and those that depend on it, but no WAL. */
export const expireSetCommand = (setting: PgbackrestSetting, label: string): Command =>
  build(setting, 'expire', [`--set=${label}`])

/**
 * Removes what aborted backups left and, when told to keep WAL from the so-manieth newest backup on, the WAL before it that
 * no older backup needs to be consistent. No backup goes: the configuration keeps them all.
 */
export const expireCommand = (setting: PgbackrestSetting, keptFrom: number | undefined): Command =>
  build(
    setting,
    'expire',
    // Of whatever kind: the default counts full backups.
    keptFrom === undefined ? [] : [`--repo1-retention-archive=${keptFrom}`, '--repo1-retention-archive-type=incr'],
  )

export const archiveListCommand = (setting: PgbackrestSetting): Command =>
  build(setting, 'repo-ls', ['--recurse', '--output=json'], [`archive/${setting.stanza}`])

/** What every backup leaves for good: a manifest in the folder of its year, or of its full backup's. */
const historyOf = ({ stanza }: PgbackrestSetting): string => `backup/${stanza}/backup.history`

export const historyListCommand = (setting: PgbackrestSetting): Command =>
  build(setting, 'repo-ls', ['--recurse', '--output=json'], [historyOf(setting)])

export const historyRemoveCommand = (setting: PgbackrestSetting, label: string): Command =>
  build(setting, 'repo-rm', [], [`${historyOf(setting)}/${label.slice(0, 4)}/${label}.manifest.gz`])

/** @param path below the archive of the stanza */
export const archiveFileCommand = (setting: PgbackrestSetting, path: string): Command =>
  build(setting, 'repo-get', [], [`archive/${setting.stanza}/${path}`])

export const repositoryListCommand = (setting: PgbackrestSetting): Command =>
  build(setting, 'repo-ls', ['--recurse', '--output=json'])

export type RecoveryTarget =
  /** A time as text is one that PostgreSQL reads, or a blank. */
  | { readonly to: 'time'; readonly at: Instant | string; readonly timeline: number | 'current' }
  /** A restore point made with pg_create_restore_point. */
  | { readonly to: 'name'; readonly name: string; readonly timeline: number | 'current' }
  /** The end of all WAL in the archive. */
  | { readonly to: 'archive-end'; readonly timeline: number | 'current' }
  /** The end of the backup itself. */
  | { readonly to: 'backup-end' }

export interface RestoreWhere {
  readonly directory: string
  readonly holds: NonNullable<RestoreInto['holds']>
  readonly database?: string | undefined
}

export function restoreCommand(setting: PgbackrestSetting, label: string, target: RecoveryTarget, where: RestoreWhere): Command {
  const { directory, holds, database } = where
  return build(setting, 'restore', [
    talkative,
    `--set=${label}`,
    `--pg1-path=${directory}`,
    ...(holds === 'nothing' ? [] : ['--delta']),
    ...(holds === 'live' ? ['--archive-mode=preserve'] : copyOptions(directory)),
    // The databases that every cluster is made with always come along, and pgBackRest refuses to be asked for them.
    ...(database === undefined || everyCluster.has(database) ? [] : [`--db-include=${database}`]),
    ...recoveryOptions(target),
  ])
}

const everyCluster: ReadonlySet<string> = new Set(['postgres', 'template0', 'template1'])

function copyOptions(directory: string): string[] {
  return [
    // Without this a restored copy that is started archives into the real repository, on a new timeline, and the next
    // restore of production would follow it.
    '--archive-mode=off',
    // A copy's tablespaces must not land on those of the live cluster.
    `--tablespace-map-all=${tablespaceFolder(directory)}`,
  ]
}

function recoveryOptions(target: RecoveryTarget): string[] {
  switch (target.to) {
    case 'time':
      return ['--type=time', `--target=${wanted(target.at)}`, '--target-action=promote', timelineOption(target.timeline)]
    case 'name':
      return ['--type=name', `--target=${quoted(target.name)}`, '--target-action=promote', timelineOption(target.timeline)]
    case 'archive-end':
      return ['--type=default', timelineOption(target.timeline)]
    case 'backup-end':
      return ['--type=immediate', '--target-action=promote']
  }
}

const wanted = (at: Instant | string): string => (typeof at === 'string' ? at : postgresTime(at))

/** pgBackRest (2.45 and 2.55.1) puts the name between quotes into PostgreSQL's configuration, and leaves those in it as they are. */
const quoted = (name: string): string => name.replaceAll('\\', '\\\\').replaceAll("'", "''")

/** Said every time: by default recovery follows the newest timeline, on which the wanted time may have been another. */
const timelineOption = (timeline: number | 'current'): string => `--target-timeline=${timeline}`

/** `2026-01-26 14:30:05.000+00`: what recovery_target_time takes without asking a server for a zone. */
export function postgresTime(at: Instant): string {
  return `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}+00`
}

/**
 * What PostgreSQL runs for each WAL segment, through a shell. It must contain the word pgbackrest, or the engine refuses to
 * back up. A percent sign of a path is doubled, because PostgreSQL looks for its own (%p) first.
 */
export function archiveCommandText(setting: PgbackrestSetting): string {
  const words = [setting.program, `--config=${setting.configuration}`, `--stanza=${setting.stanza}`]
  return `${words.map(shellWord).join(' ').replaceAll('%', '%%')} archive-push %p`
}
