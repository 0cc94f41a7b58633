import { defined } from '../../domain/defined.ts'
import { isPlanned, type ComponentRetention, type RetentionAnswer } from '../../app/retention/retain.ts'
import { errorRecord } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { Forecast } from '../../policy/retention-forecast.ts'

/** An answer as the JSON document shows it. */
export function shownAnswer(answer: RetentionAnswer, forecast?: Forecast) {
  const component = answer.component.name
  if (!isPlanned(answer)) return { component, error: answer.error }
  const { plan, plannedAt, refusals } = answer
  return {
    component,
    at: plannedAt,
    ...shownPlan(plan),
    refusals: refusals.map(errorRecord),
    ...(forecast === undefined ? {} : { forecast: { ...shownPlan(forecast.plan), steps: forecast.steps } }),
  }
}

export const shownPoint = ({ id, kind, endedAt, addedBytes }: RestorePoint) => ({
  id,
  kind,
  endedAt,
  ...defined({ addedBytes }),
})

const shownPlan = ({ keep, remove, windowFrom }: ComponentRetention['plan']) => ({
  keep: keep.map(({ point, reasons }) => ({ ...shownPoint(point), reasons })),
  remove: remove.map(({ point, reason }) => ({ ...shownPoint(point), reason })),
  ...(windowFrom === undefined ? {} : { windowFrom: windowFrom.id }),
})
