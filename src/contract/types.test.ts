import { describe, expectTypeOf, test } from 'vitest'
import type { PinOutcome } from '../app/backup/pin.ts'
import type { PointDifference } from '../app/browse/browse-diff.ts'
import type { Found } from '../app/browse/browse-find.ts'
import type { Listing } from '../app/browse/browse.ts'
import type { UnitReport } from '../app/notify/alert.ts'
import type { RestoreOutcome } from '../app/restore/request.ts'
import type { StatusReport } from '../app/status/status.ts'
import type { JobTimes } from '../app/timers/schedule.ts'
import type { WatchReport } from '../app/watch/watch.ts'
import type { Instant } from '../domain/clock.ts'
import type { DrillReport, DrillResult } from '../domain/drill.ts'
import type { Duration } from '../domain/duration.ts'
import type { ErrorRecord } from '../domain/errors.ts'
import type { RetentionResult, StepResult } from '../domain/events.ts'
import type { Check } from '../domain/evidence.ts'
import type { Price } from '../domain/money.ts'
import type { Delivery, Notice } from '../domain/notice.ts'
import type { PlanItem } from '../domain/plan.ts'
import type { RecoveryWindow, RestorePoint, UnreachableWal } from '../domain/restore-point.ts'
import type { Bytes } from '../domain/size.ts'
import type { JournalRecord } from '../state/journal/records.ts'
import type * as browse from './browse.ts'
import type { Described } from './fields.ts'
import type { journalRecord } from './journal.ts'
import type * as notices from './notices.ts'
import type { pinOutcome } from './points.ts'
import type * as restore from './restore.ts'
import type * as setup from './setup.ts'
import type * as shapes from './shapes.ts'
import type * as status from './status.ts'

/**
 * The compiler runs these: a field that only the type or only the schema has, that only one of them may leave out, or that is an
 * instant in one of them and a number in the other, is an error of `tsc`.
 */

/** A type in a form in which a field that may be left out isn't assignable to none, sizes and lengths of time are plain numbers. */
type Comparable<Type> = Type extends Instant
  ? Type
  : Type extends Bytes | Duration
    ? number
    : Type extends string | number | boolean | undefined
      ? Type
      : Type extends readonly (infer Item)[]
        ? readonly Comparable<Item>[]
        : {
            readonly [Key in keyof Type]-?: Type extends Required<Pick<Type, Key>>
              ? Comparable<Type[Key]>
              : ['may be left out', Comparable<Required<Type>[Key]>]
          }

/** The fields in which a type and a schema differ; `never` is what there should be. */
type Difference<Type, Schema> = Between<Comparable<Type>, Comparable<Described<Schema>>>

type Between<One, Other> = [One, Other] extends [Other, One] ? never : Differing<One, Other> | Differing<Other, One>

type Differing<One, Other> = {
  [Key in keyof One]: Key extends keyof Other ? ([One[Key], Other[Key]] extends [Other[Key], One[Key]] ? never : Key) : Key
}[keyof One]

describe('the type and the schema are the same', () => {
  test('of what a run tells', () => {
    expectTypeOf<Difference<ErrorRecord, typeof shapes.error>>().toBeNever()
    expectTypeOf<Difference<Price, typeof shapes.price>>().toBeNever()
    expectTypeOf<Difference<StepResult, typeof shapes.stepResult>>().toBeNever()
    expectTypeOf<Difference<RetentionResult, typeof shapes.retentionResult>>().toBeNever()
    expectTypeOf<Difference<JournalRecord, typeof journalRecord>>().toBeNever()
  })

  test('of points and what is asked of them', () => {
    expectTypeOf<Difference<RestorePoint, typeof shapes.restorePoint>>().toBeNever()
    expectTypeOf<Difference<RecoveryWindow, typeof shapes.recoveryWindow>>().toBeNever()
    expectTypeOf<Difference<UnreachableWal, typeof shapes.unreachableWal>>().toBeNever()
    expectTypeOf<Difference<PinOutcome, typeof pinOutcome>>().toBeNever()
    expectTypeOf<Difference<Listing, typeof browse.listing>>().toBeNever()
    expectTypeOf<Difference<Found, typeof browse.found>>().toBeNever()
    expectTypeOf<Difference<PointDifference, typeof browse.difference>>().toBeNever()
  })

  test('of restores and drills', () => {
    expectTypeOf<Difference<RestoreOutcome, typeof restore.restoreOutcome>>().toBeNever()
    expectTypeOf<Difference<DrillResult, typeof restore.drillResult>>().toBeNever()
    expectTypeOf<Difference<DrillReport, typeof restore.drillReport>>().toBeNever()
  })

  test('of what is judged, and of whom it is told to', () => {
    expectTypeOf<Difference<Check, typeof shapes.check>>().toBeNever()
    expectTypeOf<Difference<WatchReport, typeof status.watchReport>>().toBeNever()
    expectTypeOf<Difference<StatusReport, typeof status.statusReport>>().toBeNever()
    expectTypeOf<Difference<Notice, typeof notices.notice>>().toBeNever()
    expectTypeOf<Difference<UnitReport, typeof notices.unitReport>>().toBeNever()
    expectTypeOf<Difference<Delivery, typeof shapes.delivery>>().toBeNever()
  })

  test('of plans', () => {
    expectTypeOf<Difference<PlanItem, typeof shapes.planItem>>().toBeNever()
    expectTypeOf<Difference<JobTimes, typeof setup.jobTimes>>().toBeNever()
  })
})
