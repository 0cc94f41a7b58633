import {
  bytes,
  choice,
  flag,
  instant,
  integer,
  list,
  milliseconds,
  number,
  object,
  of,
  optional,
  text,
  unlessUnknown,
  type Described,
} from './fields.ts'
import {
  check,
  delivery,
  engine,
  error,
  pinnedBytes,
  pointName,
  recoveryWindow,
  stepResult,
  stepOutcome,
  unreachableWal,
} from './shapes.ts'

export const componentStatus = object({
  component: text('the component'),
  engine: engine(),
  newestPoint: unlessUnknown(pointName('the newest good restore point that this machine knows of; absent when it knows none')),
  ageMs: unlessUnknown(milliseconds('age of the newest point')),
  windows: unlessUnknown(
    list(recoveryWindow, 'oldest first, as of `askedAt`; absent for files, and when they were never asked for'),
  ),
  unreachable: unlessUnknown(list(unreachableWal, 'WAL that no base backup leads to, as of `askedAt`; absent like the windows')),
  askedAt: unlessUnknown(instant('when the engine was last asked for its points')),
  lossMs: unlessUnknown(milliseconds('what a crash now would lose at most; absent when nobody has looked')),
  lossLimitMs: milliseconds('what may be lost: the agreed loss of a database, 28 hours of files'),
  recovery: unlessUnknown(
    object(
      { at: instant('when it ended'), durationMs: milliseconds('how long it took') },
      'the last drill that passed, else the newest restore of nearly all of it; absent when there was none in forty days',
    ),
  ),
  drill: unlessUnknown(
    object(
      {
        at: instant('when it ended'),
        outcome: choice(['passed', 'failed', 'interrupted'], '`passed` or `failed`'),
        lossMs: optional(milliseconds('how much of the newest work was not in what came back, at most')),
      },
      'the last drill that came to its end; absent when there was none in forty days',
    ),
  ),
  sourceBytes: unlessUnknown(bytes('size of the source at the last step that was done')),
  repositoryBytes: unlessUnknown(bytes('what the repository took when it was last asked with `points --usage`')),
  addedPerDayBytes: unlessUnknown(bytes('what a day of the last 30 added on average; the very first backup is left out')),
  ratio: unlessUnknown(number('how many times more was backed up than was added, in the last 30 days')),
  lastStep: unlessUnknown(of(stepResult, 'the last step; absent when there was none')),
  pins: list(
    object({
      id: text('id of the point'),
      at: instant('when its data was complete'),
      reason: text('why'),
      keptBytes: pinnedBytes(),
    }),
    'points that are kept for ever, as far as this machine knows, oldest first',
  ),
  outcomes: list(stepOutcome(), 'outcomes of the last steps, 30 at most, oldest first'),
  days: list(
    object({
      date: text('the day: `2026-01-26`'),
      outcome: optional(stepOutcome('the best that a run of that day did; absent when none touched the component')),
    }),
    'the last 30 days of the zone of the site, oldest first',
  ),
  retentionLeft: unlessUnknown(
    object(
      { at: instant('when that was'), error: optional(of(error, 'why')) },
      'the last time that retention was due, if it was refused or failed then',
    ),
  ),
  healthy: flag('no check has an error'),
  checks: list(check, 'what was judged, and on what evidence'),
  staleness: unlessUnknown(text('why what is known is no evidence for today; absent when it is')),
})

const watchStatus = object(
  {
    at: instant('when that was'),
    archiving: list(
      object({
        component: text('the component'),
        said: text('how its archiving went, in words for people'),
        waitingSegments: optional(integer('segments that were finished and not archived; absent when the server did not answer')),
        lastArchivedAt: optional(instant('when the last one was archived')),
      }),
      'one for each database',
    ),
    findings: list(check, 'what was not well then, beside what the components say themselves'),
  },
  'what the last watch saw; absent when there was none',
)

const noticesStatus = object(
  {
    waiting: integer('notices that no channel took yet'),
    waitingSince: unlessUnknown(instant('since when the oldest of them waits')),
    open: list(
      object({ subject: text('who looked, and what at: `run/logs`'), since: instant('since when') }),
      'what was told to be wrong, and not yet to be over',
    ),
    givenUp: list(object({ channel: text('the channel'), reason: text('why') }), 'channels that said they are gone'),
  },
  'what people were told, and have yet to be told',
)

export const statusReport = object(
  {
    site: text('the site'),
    at: instant('when the question was asked; ages count from here'),
    unfinishedSince: unlessUnknown(
      instant('when a run began that has no end yet: it goes on, or was killed; absent when there is none'),
    ),
    components: list(componentStatus, 'one for each component that was asked for, in the order of the configuration'),
    rtoMs: milliseconds('the agreed outage'),
    nextBackupAt: instant('when the next run is due by the schedule'),
    nextDrillAt: unlessUnknown(instant('when the next drill is due; absent when there are to be none')),
    watch: unlessUnknown(watchStatus),
    notices: noticesStatus,
  },
  'the state of the site',
)

export const watchReport = object(
  {
    site: text('the site'),
    at: instant('when it was'),
    checks: list(check, 'all that was looked at'),
    asked: list(
      object({ component: text('the component'), reason: text('why') }),
      'databases whose archive was listed, to see whether WAL is lost',
    ),
    cured: list(
      object({
        component: text('the component'),
        exitCode: integer('how `backup` ended; 0 where systemd was asked to begin it'),
      }),
      'databases of which a base backup was begun, because WAL is lost',
    ),
    deliveries: list(delivery, 'notices that were sent, or tried'),
  },
  'one look',
)

export type StatusReport = Described<typeof statusReport>
export type ComponentStatus = StatusReport['components'][number]
export type DayStatus = ComponentStatus['days'][number]
export type PinStatus = ComponentStatus['pins'][number]
export type RecoveryStatus = NonNullable<ComponentStatus['recovery']>
export type DrillStatus = NonNullable<ComponentStatus['drill']>
export type WatchStatus = NonNullable<StatusReport['watch']>
export type ArchivingStatus = WatchStatus['archiving'][number]
export type NoticesStatus = StatusReport['notices']

export type WatchReport = Described<typeof watchReport>
