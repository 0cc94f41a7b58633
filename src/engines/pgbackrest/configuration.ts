import type { Duration } from '../../domain/duration.ts'
import type { RepositoryLocation } from '../../domain/repository.ts'

/** What pgbackrest.conf says for one database. */
export interface PgbackrestConfiguration {
  readonly stanza: string
  readonly location: RepositoryLocation
  readonly passphrase: string
  readonly s3Keys: { readonly id: string; readonly secret: string; readonly token: string | undefined } | undefined
  readonly processes: number
  /** How long a storage may stay silent, and the last WAL of a backup may take to arrive. */
  readonly patience: Duration
  /** Locks and spool; owned by the owner of the cluster. pgBackRest's own folders when undefined. */
  readonly workDirectory: string | undefined
  readonly dataDirectory: string
  readonly port: number
  readonly socketDirectory: string
  readonly user: string
}

/**
 * Text of pgbackrest.conf. It holds the passphrase and the keys of the bucket, because `archive-push` runs inside
 * PostgreSQL and has no other way to get them; so it is readable by root and the owner of the cluster alone.
 */
export function configurationText(setting: PgbackrestConfiguration): string {
  const options: [string, string | number][] = [
    ...repositoryOptions(setting),
    ['repo1-cipher-type', 'aes-256-cbc'],
    ['repo1-cipher-pass', setting.passphrase],
    // Small files go together in bundles: tens of objects a backup instead of thousands, which S3 bills one by one.
    ['repo1-bundle', 'y'],
    // pgBackRest never expires by itself: Holdfast removes by its own plan.
    ['repo1-retention-full', 9999999],
    ['compress-type', 'zst'],
    ['compress-level', 3],
    ['process-max', setting.processes],
    ['start-fast', 'y'],
    // It repeats a failed request some ten times, each for as long as this: with the default of 60 s it takes eight
    // minutes to notice that S3 is gone. It takes no more than an hour here, and a day below.
    ['io-timeout', Math.min(3600, Math.max(1, Math.round(setting.patience / 12_000)))],
    ['archive-timeout', Math.min(86_400, Math.ceil(setting.patience / 1000))],
    ...(setting.workDirectory === undefined
      ? []
      : ([
          ['lock-path', `${setting.workDirectory}/lock`],
          ['spool-path', `${setting.workDirectory}/spool`],
        ] as [string, string][])),
    ['log-level-file', 'off'],
    ['log-level-console', 'warn'],
  ]
  const cluster: [string, string | number][] = [
    ['pg1-path', setting.dataDirectory],
    ['pg1-port', setting.port],
    ['pg1-socket-path', setting.socketDirectory],
    ['pg1-user', setting.user],
  ]
  const section = (name: string, entries: [string, string | number][]) =>
    [`[${name}]`, ...entries.map(([key, value]) => `${key}=${value}`), ''].join('\n')
  return [
    '# Written by holdfast setup apply from holdfast.yaml; changes made here are undone by the next one.',
    '# Holds secrets: never copy it into a git repository.',
    '',
    section('global', options),
    section(setting.stanza, cluster),
  ].join('\n')
}

function repositoryOptions(setting: PgbackrestConfiguration): [string, string | number][] {
  const { location, s3Keys } = setting
  if (location.kind === 'directory') {
    return [
      ['repo1-type', 'posix'],
      ['repo1-path', location.path],
    ]
  }
  return [
    ['repo1-type', 's3'],
    ['repo1-path', `/${location.prefix}`],
    ['repo1-s3-bucket', location.bucket],
    ['repo1-s3-endpoint', location.host],
    ['repo1-s3-region', location.region],
    ['repo1-s3-uri-style', location.pathStyle ? 'path' : 'host'],
    ...(location.port === 443
      ? []
      : ([
          ['repo1-storage-host', location.host],
          ['repo1-storage-port', location.port],
        ] as [string, string | number][])),
    ...(location.caFile === undefined ? [] : ([['repo1-storage-ca-file', location.caFile]] as [string, string][])),
    ['repo1-s3-key', s3Keys?.id ?? ''],
    ['repo1-s3-key-secret', s3Keys?.secret ?? ''],
    ...(s3Keys?.token === undefined ? [] : ([['repo1-s3-token', s3Keys.token]] as [string, string][])),
  ]
}
