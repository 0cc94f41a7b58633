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

export const restorePlan = object(
  {
    component: text('the component'),
    stamp: text('the time of the plan, as it stands in names that are made for one restore; the run has another one'),
    point: object(
      { id: text('its id'), kind: pointKind(), endedAt: instant('when the data in it was complete') },
      'the restore point that it begins with',
    ),
    restoredTo: instant('the instant that is restored; for files, when the snapshot was complete'),
    stop: optional(
      choice(
        ['time', 'name', 'archive-end', 'backup-end'],
        'where the recovery of a database stops; absent for files. A `time` that nobody asked for is the moment of the plan',
      ),
    ),
    timeline: optional(integer('the timeline that it follows; absent for files and for the end of a base backup')),
    executor: optional(
      choice(['here', 'helper-container'], 'whose programs restore a database: those of this machine, or of its image'),
    ),
    kind: choice(['directory', 'temporary', 'in-place', 'dump', 'live-database', 'bare-machine']),
    target: text('absolute path of the folder or file that is restored into; for `live-database`, its name'),
    targetState: choice(['empty', 'partial', 'live'], 'what lies there; `partial` is gone on with'),
    sizeBytes: optional(bytes('how much is brought back; absent where nobody knows')),
    downloadPrice: optional(of(price, 'what the download of as many costs at most, WAL not counted')),
    space: list(
      object({
        purpose: text('what needs it'),
        path: text('the folder, or the nearest one above that exists'),
        neededBytes: bytes('what has to be free there'),
        freeBytes: bytes('what is free'),
      }),
      'with too little of it, the restore is refused',
    ),
    consequences: texts('what is changed and lost; a person is asked to confirm them'),
    notes: texts('what somebody should know'),
    commands: texts('everything that will be run and changes something, in order, as root can type it'),
  },
  'with `--dry-run`: what would be restored, and how. Nothing is changed',
)

export const restorePlanned = { plan: restorePlan }

export const recoveryPlanned = {
  recovery: object(
    {
      site: text('the site'),
      steps: list(
        object({
          step: text('its name, for `--step`'),
          what: text('what it does'),
          detail: texts('what there is to say of it'),
          done: flag('whether it was done before'),
          plan: optional(
            of(restorePlan, 'for a component, [as of `restore --dry-run`](#restore---dry-run); absent when it is done'),
          ),
          error: optional(of(error, 'why its restore cannot be planned on this machine as it is; an earlier step may mend that')),
        }),
        'in the order in which they are taken',
      ),
    },
    'with `--dry-run`: what would be done. Only the recovery kit is fetched, into the state folder',
  ),
}

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
