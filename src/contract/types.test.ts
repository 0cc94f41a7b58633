import { describe, expectTypeOf, test } from 'vitest'
import type { RestoreOutcome } from '../app/restore/request.ts'
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
import type { Described } from './fields.ts'
import type * as notices from './notices.ts'
import type * as restore from './restore.ts'
import type * as shapes from './shapes.ts'

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
  })

  test('of points and what is asked of them', () => {
    expectTypeOf<Difference<RestorePoint, typeof shapes.restorePoint>>().toBeNever()
    expectTypeOf<Difference<RecoveryWindow, typeof shapes.recoveryWindow>>().toBeNever()
    expectTypeOf<Difference<UnreachableWal, typeof shapes.unreachableWal>>().toBeNever()
  })

  test('of restores and drills', () => {
    expectTypeOf<Difference<RestoreOutcome, typeof restore.restoreOutcome>>().toBeNever()
    expectTypeOf<Difference<DrillResult, typeof restore.drillResult>>().toBeNever()
    expectTypeOf<Difference<DrillReport, typeof restore.drillReport>>().toBeNever()
  })

  test('of what is judged, and of whom it is told to', () => {
    expectTypeOf<Difference<Check, typeof shapes.check>>().toBeNever()
    expectTypeOf<Difference<Notice, typeof notices.notice>>().toBeNever()
    expectTypeOf<Difference<Delivery, typeof shapes.delivery>>().toBeNever()
  })

  test('of plans', () => {
    expectTypeOf<Difference<PlanItem, typeof shapes.planItem>>().toBeNever()
  })
})
