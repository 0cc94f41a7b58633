import { noticeKinds } from '../domain/notice.ts'
import { runFields } from './backup.ts'
import {
  always,
  bytes,
  choice,
  instant,
  integer,
  milliseconds,
  object,
  of,
  oneOf,
  optional,
  text,
  texts,
  type Described,
} from './fields.ts'
import { drillResult } from './restore.ts'
import { stepResult } from './shapes.ts'

const at = instant('when it was written')
const component = text('the component')
const point = text('id of the restore point')
const runId = text('the run')

const pinned = { component, point, previousPoint: text('the id that it had before; restic changes it') }

const records = [
  object({
    type: always('run-began'),
    at,
    runId,
    site: text('the site'),
    components: texts('what it was to back up'),
    version: text('of Holdfast'),
  }),
  object({ type: always('step-ended'), at, runId, result: of(stepResult, 'the step') }),
  object({ type: always('run-ended'), at, runId, result: object(runFields, 'the run without its steps') }),
  object({
    type: always('restored'),
    at,
    component,
    point,
    target: text('where it was restored to'),
    durationMs: milliseconds('how long it took'),
    kind: optional(text('what kind of target; absent in records of older versions, like the size')),
    sizeBytes: optional(bytes('how much came back')),
  }),
  object({ type: always('drilled'), at, result: of(drillResult, 'the drill of a component') }),
  object({ type: always('pinned'), at, ...pinned, reason: text('why') }),
  object({ type: always('unpinned'), at, ...pinned }),
  object(
    { type: always('recovered'), at, from: text('the machine that is gone'), kit: text('the version of its recovery kit') },
    'this machine took the place of another one, whose journal the records before this one are',
  ),
  object({ type: always('set-up'), at, changes: texts('what was done') }),
  object(
    { type: always('retention-began'), at, component, points: texts('by their ids') },
    'what retention is about to remove from a component',
  ),
  object({ type: always('point-removed'), at, component, point, reason: text('why') }),
  object(
    {
      type: always('retention-ended'),
      at,
      component,
      removed: integer('how many points went'),
      kept: integer('how many are left'),
      durationMs: milliseconds('how long it took'),
    },
    'retention of a component has been applied in full, be it that nothing had to go',
  ),
  object(
    {
      type: always('clock-confirmed'),
      at,
      newestTrace: instant('what is dated up to here, and gaps before, are no reason to doubt the clock'),
    },
    'a person has looked at the clock',
  ),
  object(
    {
      type: always('notice'),
      at,
      channel: text('as people write it; `ping` for a dead man’s switch'),
      kind: choice([...noticeKinds, 'test', 'ping']),
      outcome: choice(['delivered', 'waits', 'given-up']),
      reason: optional(text('why it was not delivered')),
      subjects: optional(texts('of a failure and an all-clear, what it told of')),
    },
    'what a channel was told, or not; written when a notice begins to wait, and when it is settled',
  ),
] as const

/** One line of the journal. */
export const journalRecord = oneOf(records)

export type JournalRecord = Described<typeof journalRecord>
