import * as z from 'zod/mini'
import { errorCatalogue, type ErrorCode } from '../domain/errors.ts'
import {
  bytes,
  choice,
  flag,
  instant,
  integer,
  list,
  milliseconds,
  noted,
  number,
  object,
  of,
  oneOf,
  optional,
  shape,
  text,
  texts,
  unlessUnknown,
} from './fields.ts'

/** The shapes that several documents share. Each has a section of its own in docs/json-output.md. */

export const engine = (meaning = '') => choice(['restic', 'pgbackrest'], meaning)
export const pointKind = (meaning = '') => choice(['snapshot', 'full', 'differential', 'incremental'], meaning)
export const entryKind = (meaning = '') => choice(['file', 'folder', 'link', 'other'], meaning)
const keptBytes = 'what it added to the repository, and what those points added that it needs'

const errorFields = {
  code: noted(
    z.custom<ErrorCode>((value) => typeof value === 'string' && Object.hasOwn(errorCatalogue, value)),
    { meaning: 'one of the [codes](exit-codes.md#errors), which never change their meaning' },
  ),
  message: text('what happened'),
  hint: optional(text('what to do next; absent where nobody knows')),
  detail: optional(text('longer evidence, such as the last words of an engine; may have many lines')),
}

export const error = shape('Error', object(errorFields))

/** What is printed on standard error when a failure ends the verb. */
export const endingError = object(
  { ...errorFields, exitCode: integer('how the process ends') },
  'what went wrong: an [error](#error), and the exit code',
)

export const price = shape(
  'Price',
  oneOf([
    object({
      currency: text('three letters; absent when the price is not known'),
      amount: number(
        'how much of it, to a millionth; 0 where there is nothing to pay, as in a folder of one’s own; absent when the price is not known',
      ),
    }),
    object({ unknown: text('why the price is not known') }),
  ]),
)

export const delivery = shape(
  'Delivery',
  object({
    channel: text('as people write it: `discord`, `webhook ops`'),
    outcome: choice(
      ['delivered', 'waits', 'given-up'],
      '`delivered`; `waits`: in the outbox, for the next run; `given-up`: it will not be sent there',
    ),
    reason: optional(text('why it was not delivered')),
  }),
  'deliveries',
)

export const planItem = shape(
  'Plan item',
  object({
    action: text(
      'what is done: `install`, `create`, `own`, `write`, `update`, `upgrade`, `set`, `restart`, `build`, `recreate`, `add`, `remove`, `enable`, `disable`, `reload`',
    ),
    subject: text('what it is done to: a package, a folder, a file, a setting, a repository, a server, a unit'),
    reason: text('why'),
    detail: optional(text('the exact command, where there is one; of a unit’s file, or one of a container’s, the diff')),
    interrupts: optional(text('what is interrupted meanwhile; absent when nothing is')),
    byHand: optional(
      noted(z.literal(true), { meaning: 'true when only a person can do it, as `detail` says; absent otherwise' }),
    ),
    afterwards: optional(text('what a person should do afterwards, so that it stays so')),
  }),
)

export const check = shape(
  'Check',
  object({
    kind: choice(
      [
        'points',
        'last-run',
        'archiving',
        'loss',
        'wal-gap',
        'lock',
        'run',
        'clock',
        'journal',
        'watch',
        'notices',
        'heartbeat',
        'drill',
        'recovery',
        'state-disk',
        'cache-disk',
        'storage-disk',
        'wal-disk',
      ],
      'what was looked at',
    ),
    component: unlessUnknown(text('the component; absent for what concerns the whole site')),
    said: text('what was seen, in words for people'),
    seenAt: unlessUnknown(instant('when what it rests on was seen; absent when nobody has seen it')),
    since: optional(instant('since when it has not been well')),
    error: optional(of(error, 'what is wrong; absent when it is well')),
  }),
)

/** A point as answers name it. */
export const pointName = (meaning: string) => object({ id: text('its id'), at: instant('when its data was complete') }, meaning)

export const restorePoint = shape(
  'Restore point',
  object({
    id: text('the engine’s own name: a snapshot id of 64 hex digits, or a backup label'),
    kind: pointKind(),
    beganAt: instant('when it was begun'),
    endedAt: instant('when the data in it was complete; a database can be restored from this instant on'),
    sizeBytes: optional(bytes('size of the source as it was then; absent where the engine does not record it')),
    addedBytes: optional(bytes('what it added to the repository; absent where the engine does not record it')),
    dependsOn: texts('ids of the points that this one needs'),
    hasErrors: flag('the engine found errors in the source, such as wrong page checksums: restorable, but not good'),
    tags: texts('the engine’s tags'),
    pin: optional(text('why it is kept for ever; absent when it is not pinned')),
    timeline: optional(integer('for a base backup: the timeline of PostgreSQL that it was taken on')),
    archive: optional(
      text(
        'for a base backup: the archive that holds its WAL, such as `15-1`; it begins with the major version of PostgreSQL that it needs',
      ),
    ),
  }),
)

export const recoveryWindow = shape(
  'Recovery window',
  object({
    from: instant('its beginning'),
    to: instant('its end: the last transaction that is seen in the archived WAL, or the end of its newest base backup'),
    archivedAt: instant(
      'when its last segment was archived; a time between `to` and then can be tried, and the restore says what it reached',
    ),
    points: texts('ids of the base backups that it can be reached from, oldest first'),
    timeline: integer('the timeline; PostgreSQL begins a new one with every promotion'),
    archive: text(
      'the archive that holds its WAL, such as `15-1`: the major version of PostgreSQL, and a number that grows with every upgrade',
    ),
    lastWal: text('name of the last segment of WAL in it'),
    brokenAfter: flag('WAL is missing after it and goes on later: a hole, not the end of what was archived'),
  }),
)

export const unreachableWal = shape(
  'Unreachable WAL',
  object({
    timeline: integer('its timeline'),
    archive: text('the archive that holds it'),
    firstWal: text('name of its first segment'),
    lastWal: text('name of its last segment'),
    from: instant('when its first segment was archived'),
    to: instant('when its last segment was archived'),
  }),
  'unreachable WAL',
)

export const stepOutcome = (meaning = '') => choice(['done', 'partial', 'failed', 'interrupted'], meaning)

const stepFields = {
  component: text('the component'),
  engine: engine(),
  outcome: stepOutcome('`done`; `partial`: there is a new point, but with faults; `failed`; `interrupted`'),
  from: texts('what was backed up: paths, or the data directory of a database'),
  to: text('the repository: a path, or `s3://bucket/prefix`'),
  beganAt: instant('when the step began'),
  durationMs: milliseconds('how long it took, waits between attempts included'),
  attempts: integer('how often it was tried'),
  processedBytes: optional(bytes('size of what was backed up; absent when no point was made, like the next three')),
  processedFiles: optional(integer('number of files; absent for databases')),
  addedBytes: optional(bytes('what was added to the repository, after deduplication and compression')),
  point: optional(
    object(
      {
        id: text('its id; of a snapshot only the first 8 digits where restic is too old to tell more'),
        kind: pointKind(),
      },
      'the restore point that was made; a `partial` step has one too',
    ),
  ),
  pin: optional(
    object(
      { reason: text('why'), keptBytes: bytes(keptBytes), monthlyPrice: of(price, 'what that costs a month') },
      'present when the point is kept for ever',
    ),
  ),
  healed: texts('left-overs of an earlier run that were cleared away'),
  warnings: texts('no failures, but worth a look'),
  errors: list(error, 'why the step is not `done`; empty when it is'),
  sources: list(
    object({
      path: text('absolute path'),
      kind: choice(['directory', 'file']),
      entries: integer('entries at the top of a directory; 1 for anything else'),
      mounted: flag('the path is a mount point'),
      mounts: optional(texts('disks and folders of other machines that are mounted below it; absent with `oneFileSystem`')),
    }),
    'what the paths looked like, so that the next run can tell an emptied or unmounted folder; empty for databases',
  ),
}

/** As the journal keeps it, and `status` shows it. */
export const stepResult = shape('Step', object(stepFields))

export const step = shape(
  'Step',
  object({
    ...stepFields,
    ratio: optional(number('processed divided by added bytes; absent where either is not known or 0; told by `backup` alone')),
  }),
)

export const retentionResult = shape(
  'Retention result',
  object({
    component: text('the component'),
    outcome: choice(
      ['done', 'refused', 'failed', 'interrupted'],
      '`done`; `refused`: the clock is not believed, or too much would go at once; `failed`; `interrupted`',
    ),
    removed: list(object({ point: text('id of the restore point'), reason: text('why') }), 'what went, in this order'),
    kept: optional(integer('restore points that are left; absent when the engine could not be asked')),
    windowFrom: optional(
      text('for a database: id of the base backup from which on every second can be restored; absent when no WAL goes'),
    ),
    durationMs: milliseconds('how long it took'),
    error: optional(of(error, 'why it is not `done`; what is left can be restored all the same')),
  }),
)

export const pinnedBytes = () => unlessUnknown(bytes(`${keptBytes}; absent when the engine did not record that`))
