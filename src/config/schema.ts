import * as z from 'zod/mini'
import {
  bucketField,
  durationField,
  exactlyOne,
  endpointField,
  key,
  nameField,
  noted,
  parsedDefault,
  pathField,
  siteField,
  text,
  timeOfDayField,
  timeZoneField,
  withDefault,
} from './fields.ts'
import { component, retention } from './component-schema.ts'
import { notify } from './notify-schema.ts'

/**
 * The one truth about holdfast.yaml. It validates, and the editor's JSON Schema, docs/configuration.md and the commented
 * sample are made from it. `example` is what the sample shows; `form` is what an error says was expected.
 */

const period = noted(z.enum(['daily', 'weekly', 'monthly', 'never'], { error: 'is not a period' }), {
  form: 'daily, weekly, monthly or never',
})

const price = z.number().check(z.nonnegative())
const priceNotes = { form: 'a number, 0 or more' }

const prices = z.strictObject({
  storage: key(price, 'for a GB that is kept for a month', { ...priceNotes, example: 0.015 }),
  download: key(price, 'for a GB that is downloaded', { ...priceNotes, example: 0.09 }),
  freeDownload: key(withDefault(price, 0), 'GB a month whose download is free', { ...priceNotes, example: 100 }),
  requests: key(withDefault(price, 0), 'for a thousand requests that read', { ...priceNotes, example: 0.0004 }),
})

const s3 = key(
  z.strictObject({
    bucket: key(bucketField, 'name of the bucket; it must exist', { example: 'my-backups' }),
    region: key(withDefault(text, 'us-east-1'), 'the region of the bucket', { example: 'ap-southeast-2' }),
    endpoint: key(z.optional(endpointField), 'an S3-compatible service; AWS when left out', {
      example: 'https://s3.example.org:9000',
    }),
    pathStyle: key(
      z.optional(z.boolean()),
      'the bucket is part of the path, not of the host name; when left out, true with an endpoint and false at AWS',
      { example: true },
    ),
    caFile: key(z.optional(pathField), 'PEM file of a private authority that signed the certificate of the endpoint', {
      example: '/etc/holdfast/storage-ca.pem',
    }),
    prefix: key(z.optional(siteField), 'a folder in the bucket for all sites; the top of the bucket when left out', {
      example: 'backups',
    }),
    prices: key(
      z.optional(prices),
      'what the provider asks, in US dollars before tax; when left out, what is known of the region of AWS',
    ),
  }),
  'an S3 bucket, at AWS or compatible',
  { form: '{ bucket: …, region: … }' },
)

const storage = key(
  z
    .strictObject({
      directory: key(z.optional(pathField), 'a folder on this machine, such as a mounted disk', { example: '/mnt/backup' }),
      s3: z.optional(s3),
    })
    .check(
      z.refine((kinds) => (kinds.directory === undefined) !== (kinds.s3 === undefined), {
        error: 'needs either a directory or an s3 bucket',
        ...exactlyOne,
      }),
    ),
  'where the repositories lie: one directory or one bucket',
  { form: '{ directory: PATH } or { s3: { bucket: …, region: … } }', example: { directory: '/mnt/backup' } },
)

export const settingsSchema = z.strictObject({
  site: key(siteField, 'name of this machine among all that share the storage; part of every path in it', {
    example: 'pi-hosting',
  }),
  timezone: key(withDefault(timeZoneField, 'UTC'), 'zone of all days and times that people read and write', {
    example: 'Australia/Perth',
    form: 'a name such as Australia/Perth or UTC',
  }),
  storage,
  secrets: key(withDefault(pathField, 'secrets'), 'folder of restic.key and aws.env; for its owner alone, never in git'),
  engines: key(
    parsedDefault(
      z.strictObject({
        restic: key(z.optional(pathField), 'the restic to use', { example: '/usr/local/bin/restic' }),
        pgbackrest: key(z.optional(pathField), 'the pgBackRest to use', { example: '/usr/local/bin/pgbackrest' }),
      }),
      {},
    ),
    'programs to use instead of those found in PATH',
  ),
  patience: key(
    parsedDefault(durationField, '3m'),
    'how long a step waits for a storage that is silent, or a lock that somebody else holds, before it gives up',
  ),
  objectives: key(
    parsedDefault(
      z.strictObject({
        rpo: key(parsedDefault(durationField, '30m'), 'agreed loss: how much of the newest work may be gone after a disaster'),
        rto: key(parsedDefault(durationField, '2h'), 'agreed outage: how long until everything is back'),
      }),
      {},
    ),
    'what was agreed; archive_timeout of PostgreSQL follows from the loss',
  ),
  budget: key(
    z.optional(
      z.strictObject({
        monthly: key(z.number().check(z.positive()), 'amount a month, tax included', {
          example: 5,
          form: 'a number above 0',
        }),
        currency: key(z.string().check(z.regex(/^[A-Z]{3}$/, { error: 'is not a currency' })), 'currency of the amount', {
          example: 'AUD',
          form: 'a three-letter code such as AUD',
        }),
        rate: key(
          z.optional(z.number().check(z.positive())),
          'US dollars that one of the currency is worth; prices are shown in dollars when left out',
          { example: 0.65, form: 'a number above 0' },
        ),
        tax: key(withDefault(z.number().check(z.nonnegative()), 0), 'percent of tax on top of the provider’s prices', {
          example: 10,
          form: 'a number, 0 or more',
        }),
      }),
    ),
    'what the storage may cost. Prices are shown by its rate and tax; the rest is checked, but not used yet',
  ),
  retention: parsedDefault(retention, { daily: 30, monthly: 'forever' }),
  schedule: key(
    parsedDefault(
      z.strictObject({
        backup: key(withDefault(timeOfDayField, '03:00'), 'when the daily run starts, on the clock of the time zone'),
        drill: key(
          withDefault(period, 'monthly'),
          'how often a restore is tested, two hours after the backup; docs/drill.md says how',
        ),
        heartbeat: key(withDefault(period, 'monthly'), 'how often the evidence is sent although all is well'),
        summary: key(withDefault(period, 'never'), 'how often a summary of the last day is sent', { example: 'daily' }),
      }),
      {},
    ),
    'what happens by itself, once holdfast schedule apply has told systemd; docs/schedule.md says more',
  ),
  notify,
  contacts: key(
    withDefault(z.array(text, { error: 'is not a list of texts' }), []),
    'whom to call in a disaster, and who else holds the passphrase; a line each on the first page of the runbook',
    {
      example: ['Alex, +61 400 000 000: has a key to the house, and the passphrase in a sealed envelope'],
      form: 'a list of texts',
    },
  ),
  components: key(
    z
      .record(nameField('is not a component name'), component, {
        error: 'is not a list of components',
      })
      .check(
        z.refine((components) => Object.keys(components).length > 0, {
          error: 'names nothing to protect',
          params: { expected: 'at least one component' },
        }),
        z.refine((components) => !('pin' in components || 'unpin' in components), {
          error: 'names a component pin or unpin',
          params: { expected: 'another name: holdfast points pin is a verb' },
        }),
      ),
    'what is protected, in the order in which it is backed up',
    {
      form: 'names, each with postgres: { … } or files: { … }',
      example: {
        database: { postgres: { dataDirectory: '/var/lib/postgresql/15/main' } },
        website: { files: { paths: ['/srv/website/uploads'] } },
        logs: { files: { paths: ['/var/log/nginx'] }, retention: 'forever' },
      },
    },
  ),
})

/** What a person wrote, parsed and with defaults filled in; paths are still as written. */
export type Settings = z.output<typeof settingsSchema>
export type ComponentSettings = Settings['components'][string]
