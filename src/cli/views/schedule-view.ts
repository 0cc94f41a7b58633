import type { SchedulePlan } from '../../app/timers/schedule.ts'
import type { JobTimes } from '../../contract/setup.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Change } from '../../domain/plan.ts'
import { columns, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

/** All that a plan holds: each change with its diff or its command, and when what comes next. */
export function schedulePlanLines(plan: SchedulePlan, verb: 'apply' | 'remove', terminal: Terminal): string[] {
  const { changes } = plan
  const count = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`
  return [
    ...changes.flatMap((change) => [...changeLines(change, terminal), '']),
    ...timerLines(plan.timers, terminal),
    ...remarkLines(plan, terminal),
    changes.length === 0 ? 'nothing to change' : `${count}; holdfast schedule ${verb} does exactly this`,
  ]
}

function changeLines({ action, subject, reason, detail }: Change, { paint }: Terminal): string[] {
  const styles = { '+': 'good', '-': 'bad', '@': 'dim' } as const
  const lines = (detail ?? '').split('\n').map((line) => {
    const style = styles[line.charAt(0) as keyof typeof styles] as (typeof styles)[keyof typeof styles] | undefined
    return style === undefined ? line : paint(style, line)
  })
  return [`${paint('bold', action)} ${subject}`, `    ${reason}`, ...lines.map((line) => `    ${line}`)]
}

/** When what comes next, and what the clocks do to it. */
export function timerLines(timers: readonly JobTimes[], { paint }: Terminal): string[] {
  if (timers.length === 0) return []
  const rows = timers.map(({ name, next, everyMs }) => [
    `  ${name}`,
    everyMs === undefined ? next.map(({ at }) => timeText(at)).join(', ') : `every ${formatDuration(everyMs)}`,
  ])
  const odd = timers.flatMap(({ name, notes }) => notes.map((note) => `  ${paint('warn', '!')} ${name}: ${note}`))
  return [...columns(rows), ...odd, '']
}

/** What a person should know besides. */
export function remarkLines({ notes, dropIns }: SchedulePlan, { paint }: Terminal): string[] {
  const lines = [
    ...notes.map((note) => `  ${paint('warn', '!')} ${note}`),
    ...dropIns.map((path) => `  ${paint('dim', '·')} left as it is: ${path}`),
  ]
  return lines.length === 0 ? [] : [...lines, '']
}
