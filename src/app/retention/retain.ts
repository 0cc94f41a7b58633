import { defined } from '../../domain/defined.ts'
import type { Instant } from '../../domain/clock.ts'
import { errorRecord, HoldfastError, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import type { RetentionResult } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import type { EngineContext } from '../../engines/port.ts'
import { clockDoubt, removesMuch } from '../../policy/retention-guards.ts'
import { planRetention, type RetentionPlan } from '../../policy/retention.ts'
import { datingIn } from '../../policy/retention-rules.ts'
import type { AppContext } from '../site/context.ts'
import { holdStill } from '../site/lease.ts'
import { readHistory, retentionFacts, withAddedBytes, type SiteHistory } from './retention-facts.ts'

/** The plan for one component, as of one moment. */
export interface ComponentRetention {
  readonly component: Component
  readonly plannedAt: Instant
  readonly points: readonly RestorePoint[]
  readonly plan: RetentionPlan
  /** What `apply` would refuse for, without being told otherwise. */
  readonly refusals: readonly HoldfastError[]
}

export type RetentionAnswer = ComponentRetention | { readonly component: Component; readonly error: ErrorRecord }

export const isPlanned = (answer: RetentionAnswer): answer is ComponentRetention => 'plan' in answer

export interface RetainWish {
  /** More than the usual share may go at once. */
  readonly allowLarge: boolean
  /** A person has looked at the clock. */
  readonly clockIsRight: boolean
}

export interface RetentionListener {
  report(component: Component, progress: Parameters<EngineContext['report']>[0]): void
  removed(component: Component, point: RestorePoint, reason: string): void
}

/** Plans each component; one that can't be asked doesn't hide the others. Throws only when it is interrupted. */
export async function planAllRetention(context: AppContext, components: readonly Component[]): Promise<RetentionAnswer[]> {
  const history = readHistory(context.journal)
  const answers: RetentionAnswer[] = []
  for (const component of components) {
    try {
      answers.push(await planComponent(context, component, history, quietly(context)))
    } catch (error) {
      if (context.signal.aborted) throw error
      answers.push({ component, error: errorRecord(error) })
    }
  }
  return answers
}

const quietly = (context: AppContext): EngineContext => ({
  signal: context.signal,
  clock: context.clock,
  report: () => undefined,
})

async function planComponent(
  context: AppContext,
  component: Component,
  history: SiteHistory,
  work: EngineContext,
): Promise<ComponentRetention> {
  const points = await context.engineOf(component).listPoints(work)
  const known = withAddedBytes(points, history.of(component.name))
  const plannedAt = context.clock.now()
  const facts = retentionFacts(component, known, history.of(component.name))
  const plan = planRetention(known, component.retention, plannedAt, datingIn(context.site.timeZone), facts)
  const refusals = plan.remove.length === 0 ? [] : refusalsOf(component, plan, points, history, plannedAt)
  return { component, plannedAt, points: known, plan, refusals }
}

function refusalsOf(
  component: Component,
  plan: RetentionPlan,
  points: readonly RestorePoint[],
  history: SiteHistory,
  now: Instant,
): HoldfastError[] {
  const refusals: HoldfastError[] = []
  const times = [...history.times, ...points.map(({ endedAt }) => endedAt)]
  const doubt = clockDoubt({ times, confirmed: history.confirmed }, now)
  if (doubt !== undefined) {
    refusals.push(
      new HoldfastError('clock-doubtful', doubt, {
        hint: 'look at the date of this machine: if it is right, holdfast retention apply --clock-is-right; if not, correct it first',
      }),
    )
  }
  if (removesMuch(plan)) {
    refusals.push(
      new HoldfastError(
        'removal-large',
        `${plan.remove.length} of ${points.length} restore points of ${component.name} would go at once`,
        {
          hint: 'look at holdfast retention plan; if that is what you want, holdfast retention apply --allow-large',
        },
      ),
    )
  }
  return refusals
}

const allowedBy = { 'clock-doubtful': 'clockIsRight', 'removal-large': 'allowLarge' } as const

const isRefusal = ({ code }: Pick<ErrorRecord, 'code'>): boolean => code in allowedBy

/** The refusal that stands, after what was wished for. */
export function standingRefusal(planned: ComponentRetention, wish: RetainWish): HoldfastError | undefined {
  return planned.refusals.find(({ code }) => !wish[allowedBy[code as keyof typeof allowedBy]])
}

/**
 * Applies retention to one component, under the site's lock, which the caller holds. Never throws: what happens becomes the
 * result. What was planned before is planned anew: nothing goes that isn't in both plans.
 */
export async function applyRetention(
  context: AppContext,
  component: Component,
  wish: RetainWish & { readonly shown?: RetentionPlan },
  listener: RetentionListener,
): Promise<RetentionResult> {
  const beganAt = context.clock.now()
  const removed: { point: string; reason: string }[] = []
  const end = (more: Pick<RetentionResult, 'outcome' | 'kept' | 'windowFrom' | 'error'>): RetentionResult => ({
    component: component.name,
    removed,
    ...more,
    durationMs: context.clock.now() - beganAt,
  })
  let kept: number | undefined
  try {
    const history = readHistory(context.journal)
    const work: EngineContext = { ...quietly(context), report: (progress) => listener.report(component, progress) }
    const planned = await planComponent(context, component, history, work)
    kept = planned.points.length
    const refusal = standingRefusal(planned, wish)
    if (refusal) throw refusal
    await holdStill(context)
    const agreed = wish.shown && new Set(wish.shown.remove.map(({ point }) => point.id))
    const going = planned.plan.remove.filter(({ point }) => agreed?.has(point.id) ?? true)
    if (going.length > 0) {
      context.journal.append({
        type: 'retention-began',
        at: context.clock.now(),
        component: component.name,
        points: going.map(({ point }) => point.id),
      })
    }
    const reasons = new Map(going.map(({ point, reason }) => [point.id, reason]))
    const gone = (point: RestorePoint) => {
      const reason = reasons.get(point.id) ?? ''
      removed.push({ point: point.id, reason })
      kept = planned.points.length - removed.length
      context.journal.append({
        type: 'point-removed',
        at: context.clock.now(),
        component: component.name,
        point: point.id,
        reason,
      })
      listener.removed(component, point, reason)
    }
    const engine = context.engineOf(component)
    const { windowFrom } = planned.plan
    await healing(context, component, work, async () => {
      const left = going.map(({ point }) => point).filter(({ id }) => !removed.some(({ point }) => point === id))
      if (left.length > 0) await engine.remove(left, gone, work)
      // WAL gets too old every day; the rest only when something went, now or in a run that was killed.
      if (going.length > 0 || windowFrom !== undefined || history.of(component.name).isUnfinished) {
        work.report({ note: 'freeing what nothing needs any more' })
        if (isDatabase(component)) await context.engineOf(component).prune({ keepWalFrom: windowFrom }, work)
        else await context.engineOf(component).prune(work)
      }
    })
    const durationMs = context.clock.now() - beganAt
    const counts = { removed: removed.length, kept: planned.points.length - removed.length }
    context.journal.append({ type: 'retention-ended', at: context.clock.now(), component: component.name, ...counts, durationMs })
    forgetSighting(context, component, removed)
    return end({ outcome: 'done', kept: counts.kept, ...(windowFrom === undefined ? {} : { windowFrom: windowFrom.id }) })
  } catch (thrown) {
    const error = errorRecord(thrown)
    const outcome = error.code === 'interrupted' ? 'interrupted' : isRefusal(error) ? 'refused' : 'failed'
    return end({ outcome, ...defined({ kept }), error })
  }
}

/** A lock that a killed engine left would keep retention from working for ever: what the engine finds stale is cleared, once. */
async function healing(context: AppContext, component: Component, work: EngineContext, task: () => Promise<void>): Promise<void> {
  try {
    await task()
  } catch (thrown) {
    if (toHoldfastError(thrown).code !== 'locked') throw thrown
    const healed = await context.engineOf(component).heal(work)
    if (healed.length === 0) throw thrown
    await task()
  }
}

/** What `status` shows must not name points that are gone. */
export function forgetSighting(context: AppContext, component: Component, removed: readonly { point: string }[]): void {
  const sighting = context.pointCache.read(component.name)
  if (sighting === undefined || removed.length === 0) return
  const gone = new Set(removed.map(({ point }) => point))
  context.pointCache.write(component.name, { ...sighting, points: sighting.points.filter(({ id }) => !gone.has(id)) })
}

/** Notes that a person has looked at the clock, so that what spoke against it does so no longer, here or in a backup. */
export function confirmClock(context: AppContext, planned: readonly ComponentRetention[]): void {
  const { times: journaled, confirmed } = readHistory(context.journal)
  const times = [...journaled, ...planned.flatMap(({ points }) => points.map(({ endedAt }) => endedAt))]
  const now = context.clock.now()
  if (clockDoubt({ times, confirmed }, now) === undefined) return
  const newestTrace = times.reduce((newest, time) => (time > newest ? time : newest), now)
  context.journal.append({ type: 'clock-confirmed', at: now, newestTrace })
}
