import { commandOf, type Command, type SecretVariable } from '../../domain/command.ts'
import type { RepositoryLocation } from '../../domain/repository.ts'
import { atLeast, type Version } from '../version.ts'
import { pinTag } from './pin-tag.ts'

/** All that a restic command line is made from. Data only, so that runs, dry runs and tests share the very same text. */
export interface ResticSetting {
  readonly program: string
  readonly location: RepositoryLocation
  /** File of the passphrase; without one it goes by the environment. */
  readonly passphraseFile: string | undefined
  readonly cacheDirectory: string
}

/** `repository` in restic's own spelling. */
export function resticRepository(location: RepositoryLocation): string {
  if (location.kind === 'directory') return location.path
  const port = location.port === 443 ? '' : `:${location.port}`
  return `s3:https://${location.host}${port}/${location.bucket}/${location.prefix}`
}

function build(setting: ResticSetting, verb: string, rest: readonly string[]): Command {
  const { location } = setting
  const secretEnvironment: SecretVariable[] = []
  if (setting.passphraseFile === undefined) secretEnvironment.push('RESTIC_PASSWORD')
  if (location.kind === 's3') secretEnvironment.push('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')
  return {
    program: setting.program,
    arguments: [
      verb,
      '--repo',
      resticRepository(location),
      ...(setting.passphraseFile === undefined ? [] : ['--password-file', setting.passphraseFile]),
      '--cache-dir',
      setting.cacheDirectory,
      ...(location.kind === 's3' ? ['--option', `s3.bucket-lookup=${location.pathStyle ? 'path' : 'dns'}`] : []),
      ...(location.kind === 's3' ? ['--option', `s3.region=${location.region}`] : []),
      ...(location.kind === 's3' && location.caFile !== undefined ? ['--cacert', location.caFile] : []),
      ...rest,
    ],
    environment: { RESTIC_PROGRESS_FPS: '2' },
    secretEnvironment,
  }
}

export const versionCommand = (program: string): Command => commandOf(program, ['version'])

export const createCommand = (setting: ResticSetting): Command => build(setting, 'init', [])

/** Opens the repository and reads its configuration: the cheapest question that needs the right key. */
export const probeCommand = (setting: ResticSetting): Command => build(setting, 'cat', ['--no-lock', 'config'])

export function backUpCommand(
  setting: ResticSetting,
  source: { site: string; component: string; paths: readonly string[]; exclude: readonly string[]; oneFileSystem: boolean },
  pin?: string,
): Command {
  return build(setting, 'backup', [
    '--json',
    // A fixed host: a container or renamed machine would otherwise start a new line of snapshots, without a parent.
    '--host',
    source.site,
    '--tag',
    `holdfast:${source.component}`,
    ...(pin === undefined ? [] : ['--tag', pinTag(pin)]),
    ...source.exclude.flatMap((pattern) => ['--exclude', pattern]),
    ...(source.oneFileSystem ? ['--one-file-system'] : []),
    '--',
    ...source.paths,
  ])
}

export const snapshotsCommand = (setting: ResticSetting, site: string): Command =>
  build(setting, 'snapshots', ['--no-lock', '--json', '--host', site])

/** The same for people. */
export const snapshotTableCommand = (setting: ResticSetting, site: string): Command =>
  build(setting, 'snapshots', ['--no-lock', '--host', site])

/** Lists a folder of a snapshot with all below, or the one file; nothing but the snapshot when there is no such path. */
export const listCommand = (setting: ResticSetting, snapshot: string, path: string): Command =>
  build(setting, 'ls', ['--no-lock', '--json', '--recursive', '--', snapshot, path])

/** The same of several folders at once. */
export const listFoldersCommand = (setting: ResticSetting, snapshot: string, paths: readonly string[]): Command =>
  build(setting, 'ls', ['--no-lock', '--json', '--', snapshot, ...paths])

/** @param patterns restic's own; a path in them has to be literal */
export const findCommand = (
  setting: ResticSetting,
  wish: { snapshots: readonly string[]; patterns: readonly string[]; ignoreCase: boolean },
): Command =>
  build(setting, 'find', [
    '--no-lock',
    '--json',
    ...(wish.ignoreCase ? ['--ignore-case'] : []),
    ...wish.snapshots.flatMap((snapshot) => ['--snapshot', snapshot]),
    '--',
    ...wish.patterns,
  ])

export const diffCommand = (setting: ResticSetting, from: string, to: string): Command =>
  build(setting, 'diff', ['--no-lock', '--json', '--', from, to])

/** The first restic that reports a restore's progress, in JSON. */
export const tellsRestoreProgress: Version = [0, 16]

/** The first restic that puts what it restores in the place of a link, and that can delete and try without doing. */
export const replacesWhatIsThere: Version = [0, 17]

export interface RestoreWish {
  /** An id, with `:/folder` behind it for a part whose paths then begin at that folder. */
  readonly snapshot: string
  readonly target: string
  readonly paths: readonly string[]
  readonly patterns?: readonly string[]
  readonly deletes?: boolean
  readonly tries?: boolean
  readonly verifies?: boolean
}

export function restoreCommand(setting: ResticSetting, version: Version, wish: RestoreWish): Command {
  return build(setting, 'restore', [
    // Holes in files came with 0.15; before, they come back as zeros.
    ...(atLeast(version, tellsRestoreProgress) ? ['--json'] : []),
    ...(atLeast(version, [0, 15]) ? ['--sparse'] : []),
    '--target',
    wish.target,
    ...(wish.deletes ? ['--delete'] : []),
    ...(wish.verifies ? ['--verify'] : []),
    ...(wish.tries ? ['--dry-run', '--verbose=2'] : []),
    ...[...wish.paths.map(literalPattern), ...(wish.patterns ?? [])].flatMap((pattern) => ['--include', pattern]),
    '--',
    wish.snapshot,
  ])
}

/** A part of a snapshot on its way to where it came from. */
export interface LivePart {
  /** The folder on the source that holds it; the target, and the root of the patterns. */
  readonly folder: string
  readonly patterns: readonly string[]
}

/**
 * What is restored in place, by the folders that hold it. Each goes into its own folder, as `snapshot:folder`: a restore to `/`
 * would set owner and mode of all the folders above too, `/tmp` and `/srv` among them.
 */
export function liveParts(paths: readonly string[], patterns: readonly string[]): LivePart[] {
  const parts = new Map<string, string[]>()
  for (const pattern of [...paths.map(literalPattern), ...patterns]) {
    const names = pattern.split('/')
    const special = names.findIndex((name) => /(?<!\\)(?:\\\\)*[*?[]/.test(name))
    const count = special === -1 ? names.length - 1 : special
    const folder = names.slice(0, count).join('/').replaceAll(/\\(.)/g, '$1')
    const inside = `/${names.slice(count).join('/')}`
    parts.set(folder, [...(parts.get(folder) ?? []), inside])
  }
  return [...parts].map(([folder, inside]) => ({ folder: folder === '' ? '/' : folder, patterns: inside }))
}

export const sizeCommand = (setting: ResticSetting, snapshot: string): Command =>
  build(setting, 'stats', ['--no-lock', '--json', '--mode', 'restore-size', '--', snapshot])

/** restic reads includes as patterns: the special characters of a real name have to be escaped. */
export function literalPattern(path: string): string {
  return path.replaceAll(/[\\*?[\]]/g, '\\$&')
}

/** By full ids alone: rules such as --keep-daily group snapshots by host and paths, and take a changed path for a new series. */
export const forgetCommand = (setting: ResticSetting, ids: readonly string[]): Command => build(setting, 'forget', ['--', ...ids])

/** restic rewrites the snapshot and removes the old one afterwards: whenever it is killed, one of them is there, or both. */
export const tagCommand = (
  setting: ResticSetting,
  id: string,
  change: { add: readonly string[]; remove: readonly string[] },
): Command =>
  build(setting, 'tag', [
    ...change.add.flatMap((tag) => ['--add', tag]),
    ...change.remove.flatMap((tag) => ['--remove', tag]),
    '--',
    id,
  ])

export const pruneCommand = (setting: ResticSetting): Command => build(setting, 'prune', [])

export const checkCommand = (setting: ResticSetting): Command => build(setting, 'check', [])

export const usageCommand = (setting: ResticSetting): Command =>
  build(setting, 'stats', ['--no-lock', '--json', '--mode', 'raw-data'])

export const listLocksCommand = (setting: ResticSetting): Command => build(setting, 'list', ['--no-lock', 'locks'])

/** Without --remove-all: only locks whose process is gone, or that are older than half an hour. */
export const unlockCommand = (setting: ResticSetting): Command => build(setting, 'unlock', [])
