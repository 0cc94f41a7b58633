import { applyChanges } from '../../app/setup/apply-changes.ts'
import { crontabOf } from '../../app/timers/crontab.ts'
import { planSchedule, planScheduleRemoval, type ScheduleContext, type SchedulePlan } from '../../app/timers/schedule.ts'
import type { Change, PlanItem } from '../../domain/plan.ts'
import type { GlobalOptions } from '../options.ts'
import { jsonDocument } from '../output/json.ts'
import { remarkLines, schedulePlanLines, timerLines } from '../output/schedule-view.ts'
import { terminalOf } from '../output/terminal.ts'
import { composeSchedule } from '../scheduler.ts'

interface PlanOptions extends GlobalOptions {
  readonly cron?: boolean
}

export async function schedulePlan(options: PlanOptions): Promise<number> {
  const context = await composeSchedule(options)
  if (options.cron) {
    const lines = crontabOf(context)
    if (options.json) process.stdout.write(`${jsonDocument({ site: context.site.name, crontab: lines })}\n`)
    else process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  }
  const plan = await planSchedule(context)
  if (options.json) process.stdout.write(`${jsonDocument(planDocument(context, plan))}\n`)
  else if (!options.quiet) process.stdout.write(`${schedulePlanLines(plan, 'apply', terminalOf(process.stdout)).join('\n')}\n`)
  return 0
}

export async function scheduleApply(options: GlobalOptions): Promise<number> {
  const context = await composeSchedule(options)
  context.scheduler.requireControl()
  const plan = await planSchedule(context)
  await applyTelling(context, plan, options)
  if (options.json) return 0
  const terminal = terminalOf(process.stdout)
  if (!options.quiet) {
    const lines = ['', ...timerLines(plan.timers, terminal), ...remarkLines(plan, terminal)]
    process.stdout.write(`${lines.join('\n').trimEnd()}\n`)
  }
  return 0
}

export async function scheduleRemove(options: GlobalOptions): Promise<number> {
  const context = await composeSchedule(options)
  context.scheduler.requireControl()
  const plan = await planScheduleRemoval(context)
  await applyTelling(context, plan, options)
  if (!options.json && !options.quiet)
    process.stdout.write(
      remarkLines(plan, terminalOf(process.stdout))
        .map((line) => `${line}\n`)
        .join(''),
    )
  return 0
}

async function applyTelling(context: ScheduleContext, plan: SchedulePlan, options: GlobalOptions): Promise<void> {
  const isSilent = options.json || options.quiet
  const { paint } = terminalOf(process.stdout)
  await applyChanges(context, plan.changes, ({ action, subject }) => {
    if (!isSilent) process.stdout.write(`${paint('good', '✓')} ${action} ${subject}\n`)
  })
  if (!isSilent && plan.changes.length === 0) process.stdout.write('nothing to change\n')
  if (options.json) {
    const { items, ...rest } = planDocument(context, plan)
    process.stdout.write(`${jsonDocument({ ...rest, applied: items })}\n`)
  }
}

function planDocument({ site }: ScheduleContext, { changes, timers, dropIns, notes }: SchedulePlan) {
  return { site: site.name, timeZone: site.timeZone, items: changes.map(itemOf), timers, dropIns, notes }
}

const itemOf = ({ action, subject, reason, detail }: Change): PlanItem => ({
  action,
  subject,
  reason,
  ...(detail === undefined ? {} : { detail }),
})
