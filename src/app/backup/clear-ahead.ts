import type { Instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { shortPointId, type DatedName, type RestorePoint } from '../../domain/restore-point.ts'
import { planAhead, type AheadRefusal } from '../../policy/dated-ahead.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import type { DatabaseStep, Look } from './database-step.ts'
import type { AppContext } from '../site/context.ts'
import { holdStill } from '../site/lease.ts'
import { forgetSighting } from '../retention/retain.ts'
import { readHistory } from '../retention/retention-facts.ts'

/**
 * Removes base backups that a wrong clock dated later than now, so that new ones can be made. Throws `clock-behind`, with what
 * can be done, where policy/dated-ahead.ts says that they have to stay.
 */
export async function clearAhead(context: AppContext, step: DatabaseStep, now: Look, cause: unknown): Promise<void> {
  const { component, work } = step
  const engine = context.engineOf(component)
  const names = await engine.naming.names(work)
  if (names.length === 0) throw cause
  const serverNow = await step.server.clock()
  const history = readHistory(context.journal)
  const ends = context.site.components.flatMap(({ name }) => context.pointCache.read(name)?.points ?? []).concat(now.points)
  const traces = [...history.times, ...ends.map(({ endedAt }) => endedAt)]
  const { confirmed } = history
  const facts = { names, points: now.points, windows: now.windows, traces, confirmed, serverNow }
  const plan = planAhead(facts, context.clock.now(), context.site.timeZone)
  if ('refusal' in plan) throw refused(context, names, plan, cause)
  await holdStill(context)
  work.report({ note: 'removing what a wrong clock dated later than now' })
  const removed: { point: string }[] = []
  const reasons = new Map(plan.remove.map(({ point, reason }) => [point.id, reason]))
  const gone = ({ id }: RestorePoint) => {
    const reason = reasons.get(id) ?? ''
    removed.push({ point: id })
    context.journal.append({ type: 'point-removed', at: context.clock.now(), component: component.name, point: id, reason })
    step.healed(`removed base backup ${shortPointId(id)}: ${reason}`)
  }
  try {
    await engine.remove(
      plan.remove.map(({ point }) => point),
      gone,
      work,
    )
  } finally {
    forgetSighting(context, component, removed)
  }
  // After them: a kill in between leaves names of what is gone, and the next run forgets those.
  await engine.naming.forget(plan.forget, work)
  for (const { id } of plan.forget.filter((name) => !reasons.has(name.id))) {
    step.healed(`forgot base backup ${shortPointId(id)}, which was gone: its name stood in the way of every new one`)
  }
}

function refused(
  context: AppContext,
  names: readonly DatedName[],
  { refusal, isDoubt }: AheadRefusal,
  cause: unknown,
): HoldfastError {
  const { clock, site } = context
  const stamp = (at: Instant) => formatLocalStamp(at, site.timeZone).slice(0, 16)
  const newest = names.reduce((last, name) => (name.at > last.at ? name : last))
  return new HoldfastError(
    'clock-behind',
    `backup ${shortPointId(newest.id)} is dated ${stamp(newest.at)}, later than the clock, ${stamp(clock.now())}, and stays: ${refusal}`,
    { hint: `if the clock is behind, set it right; if it is right, ${isDoubt ? confirming : waiting(stamp(newest.at))}`, cause },
  )
}

const confirming =
  'holdfast retention apply --clock-is-right says so, and then holdfast backup goes on; nothing is lost meanwhile'

const waiting = (until: string): string =>
  `base backups go on at ${until}, or at once with another repository: for the component, after holdfast setup apply; what is there stays restorable`
