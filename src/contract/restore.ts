import {
  bytes,
  choice,
  flag,
  instant,
  integer,
  list,
  milliseconds,
  object,
  of,
  optional,
  text,
  texts,
  unlessUnknown,
} from './fields.ts'
import { delivery, engine, error, pointKind, price } from './shapes.ts'

const cluster = object(
  {
    majorVersion: text('major version of PostgreSQL, such as `15`'),
    databases: list(object({ name: text('name'), sizeBytes: bytes('size') }), 'its databases, without the templates'),
    lastTransactionAt: unlessUnknown(
      text('time of the last transaction that was replayed, in the words of PostgreSQL; absent when none was'),
    ),
    endedBeforeTarget: flag('true when no commit came after the time that was asked for: everything is there'),
    lastHeartbeat: unlessUnknown(
      object(
        {
          at: instant('when it was written, by the clock of the server'),
          writer: text('site and component, and the run that wrote it, or `restore`'),
        },
        'the [heartbeat](glossary.md) in it: all that was committed before it is there; absent where there is none',
      ),
    ),
    namedAt: optional(instant('with `--name`, when that restore point was made; absent otherwise')),
  },
  'what the restored database said when it was started; absent for files',
)

export const restoreOutcome = object(
  {
    component: text('the component'),
    kind: choice(['directory', 'temporary', 'in-place', 'dump', 'live-database']),
    point: text('id of the restore point that it began with'),
    pin: optional(text('why that point is kept for ever; absent when it is not pinned')),
    restoredTo: instant('the instant that was restored; for files, when the snapshot was complete'),
    target: text('absolute path of the folder or file that was restored into; for `live-database`, its name'),
    places: texts('absolute paths of what was asked for, as they are now'),
    durationMs: milliseconds('how long it took; for a database with the proof that it starts'),
    sizeBytes: optional(bytes('how much was brought back; absent where nobody knows')),
    downloadPrice: optional(
      of(
        price,
        'what the download of as many costs at most, WAL not counted; absent for a dump, and where the size is not known',
      ),
    ),
    cluster: optional(cluster),
    lossAtMostMs: optional(
      milliseconds('how much of the newest work may be missing, up to the time that was asked for; absent when nothing is'),
    ),
    connection: optional(text('how to talk to a temporary cluster: a connection string of PostgreSQL; absent otherwise')),
    lookInside: optional(
      text('a command that starts what was restored of a database into a folder, for a look inside; absent otherwise'),
    ),
    tables: optional(
      list(
        object({
          name: text('schema and table, quoted where SQL needs it'),
          rows: integer('its rows, as many as the restored cluster has; those of partitions stand at the partitions'),
        }),
        'tables that were taken out of the cluster, for `dump` and `live-database`; absent otherwise',
      ),
    ),
    setAside: optional(
      texts('for a database `in-place`: where the data of before lies, which nothing removes; absent otherwise'),
    ),
    notes: texts('what somebody should know'),
  },
  'what was restored',
)

export const restore = { restore: restoreOutcome }

export const restoreStopped = {
  stopped: object(
    { component: text('the component'), folder: text('where it lay') },
    'with `--stop`, instead of `restore`: the temporary cluster that was removed',
  ),
}

export const restoreUndone = {
  undone: object(
    { component: text('the component'), said: text('how the unfinished restore in place was ended') },
    'with `--undo`, instead of `restore`',
  ),
}

const drillOutcome = (meaning: string) => choice(['passed', 'failed', 'interrupted'], meaning)

export const drillResult = object({
  component: text('the component'),
  engine: engine(),
  outcome: drillOutcome(''),
  beganAt: instant('when its restore began'),
  durationMs: milliseconds('how long restoring and looking took'),
  point: optional(
    object(
      {
        id: text('id of the restore point'),
        kind: pointKind(),
        endedAt: instant('when the data in it was complete'),
      },
      'what was restored; absent when it did not come so far',
    ),
  ),
  recoveryMs: optional(milliseconds('from the beginning until all was back; a database had recovered and answered')),
  lossMs: optional(
    milliseconds('how much of the newest work was not in what came back, at most; of files the age of the snapshot'),
  ),
  sizeBytes: optional(bytes('how much came back; absent where nobody knows')),
  entries: optional(integer('files, folders and links that came back; absent for a database')),
  assertions: list(
    object({
      what: text('in words'),
      holds: flag('whether it is so'),
      said: optional(text('what came instead, or was counted')),
    }),
    'what was asked of it',
  ),
  notes: texts('what somebody should know'),
  error: optional(of(error, 'why it failed; absent when it passed')),
})

export const drillReport = object(
  {
    site: text('the site'),
    outcome: drillOutcome('`passed`, `failed` when one component did not pass, or `interrupted`'),
    beganAt: instant('when it began'),
    durationMs: milliseconds('how long all of it took'),
    healed: texts('what drills that were killed had left behind, and was removed'),
    drills: list(drillResult, 'one for each component that was come to'),
    errors: list(error, 'what went wrong beside the components'),
    notices: optional(list(delivery, 'how each channel took what it was told; absent when there was nothing to tell')),
  },
  'the drill',
)

export const recoveryReport = object(
  {
    site: text('the site'),
    whole: flag('all steps are done'),
    durationMs: milliseconds('how long those took that are done'),
    steps: list(
      object({
        step: text('its name, as `--step` takes it'),
        what: text('what it does'),
        done: flag('it was done, and seen to be'),
        beganAt: optional(instant('when it began last; absent before')),
        durationMs: optional(milliseconds('how long it took; absent until it is done')),
        evidence: texts('what was seen'),
      }),
      'all steps, in their order; those of earlier calls too',
    ),
  },
  'the recovery of the site on this machine',
)
