import * as z from 'zod'
import { bucketField, durationField, endpointField, pathField, siteField, timeOfDayField, timeZoneField } from './fields.ts'

/**
 * The one truth about holdfast.yaml. It validates, and the editor's JSON Schema, docs/configuration.md and the commented
 * sample are made from it. `example` is what the sample shows; `form` is what an error says was expected.
 */

const count = z
  .union([z.int().min(1), z.literal('forever')], { error: 'is not a number of restore points' })
  .meta({ form: 'a whole number from 1, or forever' })

const retentionRules = z
  .strictObject({
    last: count.optional().describe('the newest points, whatever their age').meta({ example: 7 }),
    hourly: count.optional().describe('one point an hour, for so many hours that have one').meta({ example: 24 }),
    daily: count.optional().describe('one point a day, for so many days that have one').meta({ example: 30 }),
    weekly: count.optional().describe('one point a week, for so many weeks that have one').meta({ example: 8 }),
    monthly: count.optional().describe('one point a month, for so many months that have one').meta({ example: 'forever' }),
    yearly: count.optional().describe('one point a year, for so many years that have one').meta({ example: 'forever' }),
    within: durationField.optional().describe('every point younger than this').meta({ example: '7d' }),
  })
  .refine((rules) => Object.values(rules).some((value) => value !== undefined), {
    error: 'keeps nothing',
    params: { expected: 'at least one of last, hourly, daily, weekly, monthly, yearly, within; or the word forever' },
  })

const retention = z
  .union([z.literal('forever'), retentionRules], { error: 'is not a retention policy' })
  .describe('which restore points stay; days and months are those of the time zone. Checked, but nothing is removed yet')
  .meta({ example: { daily: 30, monthly: 'forever' }, form: 'rules such as { daily: 30, monthly: forever }, or forever' })

const period = z
  .enum(['daily', 'weekly', 'monthly', 'never'], { error: 'is not a period' })
  .meta({ form: 'daily, weekly, monthly or never' })

const s3 = z
  .strictObject({
    bucket: bucketField.describe('name of the bucket; it must exist').meta({ example: 'my-backups' }),
    region: z.string().min(1).default('us-east-1').describe('the region of the bucket').meta({ example: 'ap-southeast-2' }),
    endpoint: endpointField
      .optional()
      .describe('an S3-compatible service; AWS when left out')
      .meta({ example: 'https://s3.example.org:9000' }),
    pathStyle: z
      .boolean()
      .optional()
      .describe('the bucket is part of the path, not of the host name; when left out, true with an endpoint and false at AWS')
      .meta({ example: true }),
    caFile: pathField
      .optional()
      .describe('PEM file of a private authority that signed the certificate of the endpoint')
      .meta({ example: '/etc/holdfast/storage-ca.pem' }),
    prefix: siteField
      .optional()
      .describe('a folder in the bucket for all sites; the top of the bucket when left out')
      .meta({ example: 'backups' }),
  })
  .describe('an S3 bucket, at AWS or compatible')
  .meta({ form: '{ bucket: …, region: … }' })

const exactlyOne = { params: { expected: 'exactly one of them' } }

const storage = z
  .strictObject({
    directory: pathField.optional().describe('a folder on this machine, such as a mounted disk').meta({ example: '/mnt/backup' }),
    s3: s3.optional(),
  })
  .refine((kinds) => (kinds.directory === undefined) !== (kinds.s3 === undefined), {
    error: 'needs either a directory or an s3 bucket',
    ...exactlyOne,
  })
  .describe('where the repositories lie: one directory or one bucket')
  .meta({ form: '{ directory: PATH } or { s3: { bucket: …, region: … } }', example: { directory: '/mnt/backup' } })

const postgres = z
  .strictObject({
    dataDirectory: pathField
      .describe('data directory of the cluster on this machine (SHOW data_directory)')
      .meta({ example: '/var/lib/postgresql/15/main' }),
    port: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .describe('port of the server; read from the running server when left out')
      .meta({ example: 5432, form: 'a whole number from 1 to 65535' }),
    socketDirectory: pathField
      .optional()
      .describe('folder of its Unix socket; read from the running server when left out')
      .meta({ example: '/var/run/postgresql' }),
    user: z.string().min(1).default('postgres').describe('superuser of the cluster; Holdfast connects through the socket'),
    database: z.string().min(1).default('postgres').describe('database to connect to for questions about the cluster'),
    full: z
      .enum(['monthly', 'weekly', 'always'], { error: 'is not a rhythm of full backups' })
      .default('monthly')
      .describe('when a full base backup is due: the first run of a month, of a week, or every run')
      .meta({ form: 'monthly, weekly or always' }),
    between: z
      .enum(['differential', 'incremental'], { error: 'is not a kind of backup' })
      .default('differential')
      .describe('the kind of backup in between; differentials can be removed one by one, incrementals need each other')
      .meta({ form: 'differential or incremental' }),
    processes: z
      .int()
      .min(1)
      .max(64)
      .default(2)
      .describe('how many processes compress and copy at once')
      .meta({ form: 'a whole number from 1 to 64' }),
  })
  .describe('a PostgreSQL cluster, with pgBackRest: base backups and WAL, so that any second can be restored')

const files = z
  .strictObject({
    paths: z
      .array(pathField, { error: 'is not a list of paths' })
      .min(1, { error: 'lists no path' })
      .describe('files and folders; all must exist')
      .meta({ example: ['/srv/data'], form: 'a list of paths, such as [/srv/data]' }),
    exclude: z
      .array(z.string().min(1))
      .default([])
      .describe('what is left out: patterns of restic’s --exclude')
      .meta({ example: ['*.tmp'], form: 'a list of patterns, such as ["*.tmp"]; they are used as written, not as paths' }),
    oneFileSystem: z
      .boolean()
      .default(false)
      .describe('do not go into other file systems mounted below a path')
      .meta({ example: true }),
  })
  .describe('files and folders, with restic: deduplicated, encrypted snapshots')

const component = z
  .strictObject({
    postgres: postgres.optional(),
    files: files.optional(),
    repository: siteField
      .optional()
      .describe('folder of its repository below the site; the name of the component when left out')
      .meta({ example: 'database-2' }),
    retention: retention
      .optional()
      .describe('which restore points of this component stay; the retention of the site when left out')
      .meta({ example: 'forever' }),
    deadline: durationField
      .prefault('24h')
      .describe('a backup or a restore of this component that takes longer is stopped and has failed'),
  })
  .refine((sources) => (sources.postgres === undefined) !== (sources.files === undefined), {
    error: 'needs a source: either postgres or files',
    ...exactlyOne,
  })
  .meta({ form: 'a source: postgres: { … } or files: { … }' })

export const settingsSchema = z.strictObject({
  site: siteField
    .describe('name of this machine among all that share the storage; part of every path in it')
    .meta({ example: 'pi-hosting' }),
  timezone: timeZoneField
    .default('UTC')
    .describe('zone of all days and times that people read and write')
    .meta({ example: 'Australia/Perth', form: 'a name such as Australia/Perth or UTC' }),
  storage,
  secrets: pathField.default('secrets').describe('folder of restic.key and aws.env; for its owner alone, never in git'),
  engines: z
    .strictObject({
      restic: pathField.optional().describe('the restic to use').meta({ example: '/usr/local/bin/restic' }),
      pgbackrest: pathField.optional().describe('the pgBackRest to use').meta({ example: '/usr/local/bin/pgbackrest' }),
    })
    .prefault({})
    .describe('programs to use instead of those found in PATH'),
  patience: durationField
    .prefault('3m')
    .describe('how long a step waits for a storage that is silent, or a lock that somebody else holds, before it gives up'),
  objectives: z
    .strictObject({
      rpo: durationField.prefault('30m').describe('agreed loss: how much of the newest work may be gone after a disaster'),
      rto: durationField.prefault('2h').describe('agreed outage: how long until everything is back'),
    })
    .prefault({})
    .describe('what was agreed; archive_timeout of PostgreSQL follows from the loss'),
  budget: z
    .strictObject({
      monthly: z.number().positive().describe('amount a month, tax included').meta({ example: 5, form: 'a number above 0' }),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, { error: 'is not a currency' })
        .describe('currency of the amount')
        .meta({ example: 'AUD', form: 'a three-letter code such as AUD' }),
    })
    .optional()
    .describe('what the storage may cost. Checked, but not used yet'),
  retention: retention.prefault({ daily: 30, monthly: 'forever' }),
  schedule: z
    .strictObject({
      backup: timeOfDayField.default('03:00').describe('when the daily run starts'),
      drill: period.default('monthly').describe('how often a restore is tested'),
      heartbeat: period.default('monthly').describe('how often the evidence is sent although all is well'),
    })
    .prefault({})
    .describe('what happens by itself. Checked, but not used yet'),
  notify: z
    .strictObject({
      discord: z
        .strictObject({})
        .optional()
        .describe('a Discord webhook; its address is a secret, in discord.env')
        .meta({ example: {}, form: 'an empty block: {}' }),
    })
    .prefault({})
    .describe('who is told. Checked, but not used yet'),
  components: z
    .record(z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'is not a component name' }), component, {
      error: 'is not a list of components',
    })
    .refine((components) => Object.keys(components).length > 0, {
      error: 'names nothing to protect',
      params: { expected: 'at least one component' },
    })
    .describe('what is protected, in the order in which it is backed up')
    .meta({
      form: 'names, each with postgres: { … } or files: { … }',
      example: {
        database: { postgres: { dataDirectory: '/var/lib/postgresql/15/main' } },
        website: { files: { paths: ['/srv/website/uploads'] } },
        logs: { files: { paths: ['/var/log/nginx'] }, retention: 'forever' },
      },
    }),
})

/** What a person wrote, parsed and with defaults filled in; paths are still as written. */
export type Settings = z.output<typeof settingsSchema>
export type ComponentSettings = Settings['components'][string]
