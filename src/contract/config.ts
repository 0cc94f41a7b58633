import * as z from 'zod/mini'
import { noticeKinds, pingSignals } from '../domain/notice.ts'
import {
  always,
  byName,
  choice,
  choices,
  flag,
  integer,
  list,
  milliseconds,
  noted,
  number,
  object,
  oneOf,
  optional,
  text,
  texts,
  unlessUnknown,
} from './fields.ts'

export const runbook = {
  site: text('the site'),
  text: text('RESTORE.md, in Markdown'),
  file: optional(text('absolute path of the file that it was written to')),
}

export const configCheck = {
  site: text('the site'),
  file: text('absolute path of the configuration'),
  good: flag('always true: what is wrong comes as an [error](#errors)'),
}

const caFile = 'absolute path of the authority’s certificate, where one is set'

const storage = oneOf(
  [
    object({ kind: choice(['directory'], '`directory` or `s3`'), path: text('absolute path; only for a directory') }),
    object({
      kind: choice(['s3'], '`directory` or `s3`'),
      host: text('host of the endpoint; this and the rest of the storage only for S3'),
      port: integer('port of the endpoint'),
      bucket: text('the bucket'),
      region: text('its region'),
      pathStyle: flag('the bucket is part of the path, not of the host name'),
      caFile: unlessUnknown(text(caFile)),
      prefix: unlessUnknown(text('folder in the bucket for all sites, where one is set')),
      prices: unlessUnknown(
        object(
          {
            usdPerGbMonth: number('for a GB that is kept for a month'),
            usdPerGbDownloaded: number('for a GB that is downloaded'),
            freeGbDownloaded: number('GB a month whose download is free'),
            usdPerThousandGets: number('for a thousand requests that read'),
          },
          'what the provider asks, in US dollars before tax, where it is set',
        ),
      ),
    }),
  ],
  'where the repositories lie',
)

const channelName = unlessUnknown(text('its name, where it has one'))
const channelKind = '`discord`, `webhook` or `ping`'
const events = choices(noticeKinds, 'what is sent there; not for a ping')

const channel = oneOf([
  object({
    kind: choice(['discord'], channelKind),
    name: channelName,
    events,
    mention: unlessUnknown(
      object(
        {
          user: unlessUnknown(text('id of a user')),
          role: unlessUnknown(text('id of a role')),
        },
        'who is called by a failure, where somebody is; only for Discord',
      ),
    ),
  }),
  object({
    kind: choice(['webhook'], channelKind),
    name: channelName,
    events,
    caFile: unlessUnknown(text(caFile)),
  }),
  object({
    kind: choice(['ping'], channelKind),
    name: channelName,
    signals: choices(pingSignals, 'what is told of a run; only for a ping'),
    caFile: unlessUnknown(text(caFile)),
  }),
])

const period = () => choice(['daily', 'weekly', 'monthly', 'never'])

const source = oneOf(
  [
    object({
      kind: choice(['postgres'], '`postgres` or `files`'),
      dataDirectory: text('absolute path; this and all to `heartbeat` only for `postgres`'),
      container: unlessUnknown(
        object(
          {
            name: text('its name'),
            runtime: unlessUnknown(choice(['docker', 'podman'], '`docker` or `podman`, where one is set')),
            user: text('user inside who owns the data directory'),
            findsData: flag('the data directory is asked of the container'),
          },
          'where the server runs in a container',
        ),
      ),
      port: unlessUnknown(integer('port, where one is set')),
      socketDirectory: unlessUnknown(text('absolute path, where one is set')),
      user: text('superuser of the cluster'),
      database: text('database to connect to'),
      full: choice(['monthly', 'weekly', 'always']),
      between: choice(['differential', 'incremental']),
      processes: integer('processes that compress and copy'),
      heartbeat: flag('a row is written into schema `holdfast` with every run'),
    }),
    object({
      kind: choice(['files'], '`postgres` or `files`'),
      paths: texts('absolute paths; this and the next two only for `files`'),
      exclude: texts('patterns of what is left out'),
      oneFileSystem: flag('other file systems below a path are left out'),
    }),
  ],
  'what is backed up',
)

const count = (meaning: string) =>
  unlessUnknown(noted(z.union([z.int(), z.literal('forever')]), { meaning: `${meaning}, or \`forever\`` }))

const rules = object({
  last: count('how many newest points'),
  hourly: count('how many points, one an hour'),
  daily: count('how many points, one a day'),
  weekly: count('how many points, one a week'),
  monthly: count('how many points, one a month'),
  yearly: count('how many points, one a year'),
  within: unlessUnknown(milliseconds('every point younger than this')),
})

const component = object(
  {
    source,
    retention: oneOf(
      [z.literal('forever'), rules],
      '`forever`, or the rules by which restore points stay; only the rules that are set',
    ),
    deadline: milliseconds('longest time for a backup or a restore'),
    drill: unlessUnknown(
      object(
        {
          queries: list(
            object({
              query: text('SQL'),
              database: text('the database that is asked'),
              is: text('the right answer, as psql prints it'),
            }),
            'of a database',
          ),
          mustExist: texts('of files: absolute paths'),
        },
        'what a drill asks beside what it always does; absent where there is nothing',
      ),
    ),
    repository: text('an absolute path, or `s3://bucket/prefix`'),
  },
  'one component',
)

export const configShow = {
  site: object(
    {
      name: text('its name'),
      timeZone: text('its time zone'),
      file: text('absolute path of the configuration'),
      storage,
      secretsDirectory: text('absolute path of the secrets folder'),
      engines: object(
        { restic: text('name or absolute path'), pgbackrest: text('name or absolute path') },
        'the programs to use',
      ),
      patience: milliseconds('how long to wait for a silent storage or a lock'),
      objectives: object({ rpo: milliseconds('agreed loss'), rto: milliseconds('agreed outage') }, 'what was agreed'),
      budget: unlessUnknown(
        object(
          {
            monthly: number('amount a month'),
            currency: text('its currency, three letters'),
            usdPerUnit: unlessUnknown(number('US dollars that one of it is worth; absent when not set')),
            taxPercent: number('percent of tax on top of the provider’s prices'),
          },
          'what the storage may cost; absent when not set',
        ),
      ),
      notify: list(channel, 'who is told'),
      schedule: object(
        {
          backup: text('time of day, such as `03:00`, in the time zone of the site'),
          drill: period(),
          heartbeat: period(),
          summary: period(),
        },
        'what happens by itself',
      ),
      contacts: texts('whom to call, each as it is written'),
      components: byName(component, 'the components by name, in the order of a run'),
    },
    'the site',
  ),
}

/** What `init` and `demo` print is for people who try things out; the page promises nothing of it. */
export const init = {
  init: object(
    {
      site: text('the site'),
      timeZone: text('its time zone'),
      storage: oneOf(
        [
          object({ kind: always('directory'), path: text('absolute path') }),
          object({
            kind: always('s3'),
            bucket: text('the bucket'),
            region: unlessUnknown(text('its region')),
            endpoint: unlessUnknown(text('address of the server')),
            caFile: unlessUnknown(text(caFile)),
          }),
        ],
        'where the repositories lie',
      ),
      components: list(
        oneOf([
          object({ kind: always('postgres'), name: text('its name'), dataDirectory: text('absolute path') }),
          object({ kind: always('postgres-container'), name: text('its name'), container: text('its name') }),
          object({ kind: always('files'), name: text('its name'), paths: texts('absolute paths') }),
        ]),
        'what is protected',
      ),
      discord: unlessUnknown(flag('failures are sent to Discord')),
      file: text('absolute path of the configuration'),
      written: texts('files that were written'),
    },
    'what was written',
  ),
}

export const demo = {
  demo: object(
    {
      root: text('the folder'),
      kept: flag('it is still there'),
      proofs: texts('what was compared, and equal'),
      durationMs: milliseconds('how long it took'),
    },
    'what was shown',
  ),
}
