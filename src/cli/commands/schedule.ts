import { defined } from '../../domain/defined.ts'
import { applyChanges } from '../../app/setup/apply-changes.ts'
import { crontabOf } from '../../app/timers/crontab.ts'
import { planSchedule, planScheduleRemoval, type ScheduleContext, type SchedulePlan } from '../../app/timers/schedule.ts'
import type { Change, PlanItem } from '../../domain/plan.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { remarkLines, schedulePlanLines, timerLines } from '../views/schedule-view.ts'
import { composeSchedule } from '../scheduler.ts'

interface PlanOptions extends GlobalOptions {
  readonly cron?: boolean
}

export async function schedulePlan(options: PlanOptions, console: Console): Promise<number> {
  const context = await composeSchedule(options)
  if (options.cron) {
    const lines = crontabOf(context)
    console.printText(lines.join('\n'), { site: context.site.name, crontab: lines })
    return 0
  }
  const plan = await planSchedule(context)
  console.print(planDocument(context, plan), (terminal) => schedulePlanLines(plan, 'apply', terminal))
  return 0
}

export async function scheduleApply(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeSchedule(options)
  context.scheduler.requireControl()
  const plan = await planSchedule(context)
  await applyTelling(context, plan, console)
  // Each part ends with a blank line, which the last of a screen is not in need of.
  console.tell((terminal) => ['', ...timerLines(plan.timers, terminal), ...remarkLines(plan, terminal)].slice(0, -1))
  return 0
}

export async function scheduleRemove(options: GlobalOptions, console: Console): Promise<number> {
  const context = await composeSchedule(options)
  context.scheduler.requireControl()
  const plan = await planScheduleRemoval(context)
  await applyTelling(context, plan, console)
  console.tell((terminal) => remarkLines(plan, terminal))
  return 0
}

async function applyTelling(context: ScheduleContext, plan: SchedulePlan, console: Console): Promise<void> {
  await applyChanges(context, plan.changes, ({ action, subject }) =>
    console.tell(({ paint }) => [`${paint('good', '✓')} ${action} ${subject}`]),
  )
  if (plan.changes.length === 0) console.tell(() => ['nothing to change'])
  const { items, ...rest } = planDocument(context, plan)
  console.document({ ...rest, applied: items })
}

function planDocument({ site }: ScheduleContext, { changes, timers, dropIns, notes }: SchedulePlan) {
  return { site: site.name, timeZone: site.timeZone, items: changes.map(itemOf), timers, dropIns, notes }
}

const itemOf = ({ action, subject, reason, detail }: Change): PlanItem => ({
  action,
  subject,
  reason,
  ...defined({ detail }),
})
