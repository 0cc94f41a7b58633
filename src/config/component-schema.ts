import * as z from 'zod/mini'
import { durationField, exactlyOne, key, noted, parsedDefault, pathField, siteField, text, withDefault } from './fields.ts'

/** What holdfast.yaml says of a component: a part of the schema in schema.ts. */

const count = noted(
  z.union([z.int().check(z.minimum(1)), z.literal('forever')], { error: 'is not a number of restore points' }),
  { form: 'a whole number from 1, or forever' },
)

const retentionRules = z
  .strictObject({
    last: key(z.optional(count), 'the newest points, whatever their age', { example: 7 }),
    hourly: key(z.optional(count), 'one point an hour, for so many hours that have one', { example: 24 }),
    daily: key(z.optional(count), 'one point a day, for so many days that have one', { example: 30 }),
    weekly: key(z.optional(count), 'one point a week, for so many weeks that have one', { example: 8 }),
    monthly: key(z.optional(count), 'one point a month, for so many months that have one', { example: 'forever' }),
    yearly: key(z.optional(count), 'one point a year, for so many years that have one', { example: 'forever' }),
    within: key(z.optional(durationField), 'every point younger than this', { example: '7d' }),
  })
  .check(
    z.refine((rules) => Object.values(rules).some((value) => value !== undefined), {
      error: 'keeps nothing',
      params: { expected: 'at least one of last, hourly, daily, weekly, monthly, yearly, within; or the word forever' },
    }),
  )

export const retention = key(
  z.union([z.literal('forever'), retentionRules], { error: 'is not a retention policy' }),
  'which restore points stay; days and months are those of the time zone. The first backup of a day removes the others; docs/retention.md says how',
  { example: { daily: 30, monthly: 'forever' }, form: 'rules such as { daily: 30, monthly: forever }, or forever' },
)

const containerName = z.string().check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, { error: 'is not the name of a container' }))

const postgres = key(
  z
    .strictObject({
      dataDirectory: key(
        z.optional(pathField),
        'data directory of the cluster (SHOW data_directory); that of a container is asked of it when left out',
        {
          example: '/var/lib/postgresql/15/main',
        },
      ),
      container: key(z.optional(containerName), 'name of the container that the server runs in, with pgBackRest in its image', {
        example: 'db',
        form: 'a name, as docker ps shows it',
      }),
      runtime: key(
        z.optional(z.enum(['docker', 'podman'], { error: 'is not a container runtime' })),
        'what runs the container; whichever knows it when left out',
        { example: 'podman', form: 'docker or podman' },
      ),
      containerUser: key(
        withDefault(
          text.check(
            z.refine((user) => user !== 'root' && !/^0+(:|$)/.test(user), {
              error: 'is root, whom PostgreSQL does not know and pgBackRest refuses',
              params: { expected: 'the user who owns the data directory' },
            }),
          ),
          'postgres',
        ),
        'user inside the container who owns the data directory, by name or number; never root',
        { example: '999' },
      ),
      port: key(
        z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
        'port of the server; read from the running server when left out',
        { example: 5432, form: 'a whole number from 1 to 65535' },
      ),
      socketDirectory: key(z.optional(pathField), 'folder of its Unix socket; read from the running server when left out', {
        example: '/var/run/postgresql',
      }),
      user: key(withDefault(text, 'postgres'), 'superuser of the cluster; Holdfast connects through the socket'),
      database: key(withDefault(text, 'postgres'), 'database to connect to for questions about the cluster'),
      full: key(
        withDefault(z.enum(['monthly', 'weekly', 'always'], { error: 'is not a rhythm of full backups' }), 'monthly'),
        'when a full base backup is due: the first run of a month, of a week, or every run',
        { form: 'monthly, weekly or always' },
      ),
      between: key(
        withDefault(z.enum(['differential', 'incremental'], { error: 'is not a kind of backup' }), 'differential'),
        'the kind of backup in between; differentials can be removed one by one, incrementals need each other',
        { form: 'differential or incremental' },
      ),
      processes: key(withDefault(z.int().check(z.minimum(1), z.maximum(64)), 2), 'how many processes compress and copy at once', {
        form: 'a whole number from 1 to 64',
      }),
      heartbeat: key(
        withDefault(z.boolean(), true),
        'write one row into schema holdfast of that database, with every run: it shows how far a restored copy goes',
        { example: false },
      ),
    })
    .check(
      z.refine((source) => source.container !== undefined || source.dataDirectory !== undefined, {
        error: 'needs a dataDirectory, or the container that the server runs in',
        params: { expected: 'one of them; a container may have both' },
      }),
      z.refine((source) => source.container !== undefined || source.runtime === undefined, {
        error: 'names a runtime, and no container',
        params: { expected: 'container: beside it' },
      }),
    ),
  'a PostgreSQL cluster, with pgBackRest: base backups and WAL, so that any second can be restored',
)

const files = key(
  z.strictObject({
    paths: key(
      z.array(pathField, { error: 'is not a list of paths' }).check(z.minLength(1, { error: 'lists no path' })),
      'files and folders; all must exist',
      { example: ['/srv/data'], form: 'a list of paths, such as [/srv/data]' },
    ),
    exclude: key(withDefault(z.array(text), []), 'what is left out: patterns of restic’s --exclude', {
      example: ['*.tmp'],
      form: 'a list of patterns, such as ["*.tmp"]; they are used as written, not as paths',
    }),
    oneFileSystem: key(withDefault(z.boolean(), false), 'do not go into other file systems mounted below a path', {
      example: true,
    }),
  }),
  'files and folders, with restic: deduplicated, encrypted snapshots',
)

const answer = noted(z.union([z.string(), z.number(), z.boolean()], { error: 'is not an answer' }), {
  form: 'what psql prints: a text, a number, true or false',
})

const drill = key(
  z.strictObject({
    queries: key(
      z.optional(
        z
          .array(
            z.strictObject({
              query: key(z.string().check(z.minLength(1)), 'one statement of SQL; in the copy it can only read', {
                example: 'SELECT count(*) > 0 FROM users',
              }),
              is: key(answer, 'the answer that is right: what psql prints of it', { example: true }),
              database: key(
                z.optional(z.string().check(z.minLength(1))),
                'which database is asked; the one of postgres: when left out',
                { example: 'app' },
              ),
            }),
            { error: 'is not a list of queries' },
          )
          .check(z.minLength(1, { error: 'lists no query' })),
      ),
      'what a restored database is asked, beside whether all of it can be read',
      {
        example: [{ query: 'SELECT count(*) > 0 FROM users', database: 'app', is: true }],
        form: 'a list of { query: …, is: …, database: … }',
      },
    ),
    mustExist: key(
      z.optional(z.array(text, { error: 'is not a list of paths' }).check(z.minLength(1, { error: 'lists no path' }))),
      'files and folders that must be there when the files are restored, and not empty: absolute, or relative to the only path of the component',
      { example: ['worlds/home/level.dat'], form: 'a list of paths, such as [worlds/home/level.dat]' },
    ),
  }),
  'what a drill asks of the component, beside what it always does; docs/drill.md says what that is',
  { example: { queries: [{ query: 'SELECT count(*) > 0 FROM users', database: 'app', is: true }] } },
)

export const component = noted(
  z
    .strictObject({
      postgres: z.optional(postgres),
      files: z.optional(files),
      repository: key(z.optional(siteField), 'folder of its repository below the site; the name of the component when left out', {
        example: 'database-2',
      }),
      retention: key(
        z.optional(retention),
        'which restore points of this component stay; the retention of the site when left out',
        { example: 'forever' },
      ),
      deadline: key(
        parsedDefault(durationField, '24h'),
        'a backup or a restore of this component that takes longer is stopped and has failed',
      ),
      drill: z.optional(drill),
    })
    .check(
      z.refine((one) => one.postgres !== undefined || one.drill?.queries === undefined, {
        error: 'has queries for its drill, and is no database',
        params: { expected: 'mustExist, for files' },
      }),
      z.refine((one) => one.files !== undefined || one.drill?.mustExist === undefined, {
        error: 'has paths for its drill, and holds no files',
        params: { expected: 'queries, for a database' },
      }),
      z.refine((sources) => (sources.postgres === undefined) !== (sources.files === undefined), {
        error: 'needs a source: either postgres or files',
        ...exactlyOne,
      }),
    ),
  { form: 'a source: postgres: { … } or files: { … }' },
)
