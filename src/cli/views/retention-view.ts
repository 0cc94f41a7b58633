import type { ComponentRetention } from '../../app/retention/retain.ts'
import { keepingPrice, type Priced } from '../../cost/pricing.ts'
import type { Instant } from '../../domain/clock.ts'
import { formatDuration } from '../../domain/duration.ts'
import { shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import type { RetentionPolicy, Site } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import { dayText, mondayOf, periodsAt } from '../../policy/calendar.ts'
import { formatLocalStamp, offsetAt, wallStamp } from '../../policy/local-time.ts'
import type { Forecast, ForecastStep } from '../../policy/retention-forecast.ts'
import { datingIn } from '../../policy/retention-rules.ts'
import type { KeepCause, KeptPoint, RemovedPoint, RetentionPlan } from '../../policy/retention.ts'
import { monthlyText } from './price.ts'
import { columns, type Terminal } from '../output/terminal.ts'

/** `keep 30 daily, 1 a month for ever`. */
export function policyText(policy: RetentionPolicy): string {
  if (policy === 'forever') return 'keep everything for ever'
  const units = { hourly: 'an hour', daily: 'a day', weekly: 'a week', monthly: 'a month', yearly: 'a year' } as const
  const parts = [
    ...(policy.last === undefined ? [] : [policy.last === 'forever' ? 'everything' : `the last ${policy.last}`]),
    ...Object.entries(units).flatMap(([rule, unit]) => {
      const count = policy[rule as keyof typeof units]
      return count === undefined ? [] : [count === 'forever' ? `1 ${unit} for ever` : `${count} ${rule}`]
    }),
    ...(policy.within === undefined ? [] : [`all of the last ${formatDuration(policy.within)}`]),
  ]
  return `keep ${parts.join(', ')}`
}

/** What a mark of the calendar says; of several of one day, the first of these is shown. */
const marks = [
  { mark: '★', style: 'warn', causes: { pinned: 'pinned' } },
  { mark: '◆', style: 'good', causes: { weekly: 'week', monthly: 'month', yearly: 'year' } },
  { mark: '■', style: 'good', causes: { hourly: 'hour', daily: 'day', last: 'last', within: 'young', forever: 'for ever' } },
  {
    mark: '▲',
    style: 'warn',
    causes: {
      window: 'window',
      needed: 'needed',
      newest: 'newest',
      drilled: 'drilled',
      foreign: 'not ours',
      future: 'future',
    },
  },
] as const satisfies readonly {
  mark: string
  style: Parameters<Terminal['paint']>[0]
  causes: Partial<Record<KeepCause, string>>
}[]

type Mark = (typeof marks)[number]

function markOf({ reasons }: KeptPoint): Mark {
  return marks.find(({ causes }) => reasons.some(({ cause }) => cause in causes)) ?? marks[3]
}

interface Cell {
  readonly kept: Mark | undefined
  readonly goes: boolean
}

const weeksShown = 15

/**
 * The calendar of a plan: a row a week as far back as points of single days go, before that a row a year with its months.
 * Points of the future have no place in it.
 */
export function calendarLines(plan: RetentionPlan, now: Instant, timeZone: string, terminal: Terminal): string[] {
  const datedOf = datingIn(timeZone)
  const all = [
    ...plan.keep.map((kept) => ({ periods: datedOf(kept.point).periods, kept: markOf(kept), goes: false })),
    ...plan.remove.map(({ point }) => ({ periods: datedOf(point).periods, kept: undefined, goes: true })),
  ]
  const today = periodsAt(now, offsetAt(now, timeZone))
  const past = all.filter(({ periods }) => periods.day <= today.day)
  const fine = past
    .filter(({ kept, goes }) => goes || kept?.mark === '■' || kept?.mark === '▲')
    .map(({ periods }) => periods.week)
  const firstWeek = Math.max(today.week - weeksShown + 1, Math.min(today.week, ...fine))
  const inWeeks = past.filter(({ periods }) => periods.week >= firstWeek)
  const older = past.filter(({ periods }) => periods.week < firstWeek)

  const { paint } = terminal
  const show = (cell: Cell | undefined, width: number, none: string) => {
    if (cell === undefined) return none.padEnd(width)
    const kept = cell.kept ? paint(cell.kept.style, cell.kept.mark) : ''
    const goes = cell.goes ? paint('bad', '✕') : ''
    return kept + goes + ' '.repeat(width - (cell.kept ? 1 : 0) - (cell.goes ? 1 : 0))
  }
  const lines: string[] = []
  const months = cellsBy(older, ({ periods }) => periods.month)
  if (months.size > 0) {
    lines.push(`              Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec`)
    const firstMonth = Math.min(...months.keys())
    const lastMonth = Math.max(...months.keys())
    for (let year = Math.floor(firstMonth / 12); year <= Math.floor(lastMonth / 12); year += 1) {
      const cells = Array.from({ length: 12 }, (_, month) => {
        const key = year * 12 + month
        return show(months.get(key), 4, key < firstMonth || key > lastMonth ? '' : '·')
      })
      lines.push(`  ${year}         ${cells.join('')}`.trimEnd())
    }
    lines.push('')
  }
  const days = cellsBy(inWeeks, ({ periods }) => periods.day)
  lines.push(`              Mo Tu We Th Fr Sa Su`)
  for (let week = firstWeek; week <= today.week; week += 1) {
    const monday = mondayOf(week)
    const cells = Array.from({ length: 7 }, (_, index) =>
      show(days.get(monday + index), 3, monday + index > today.day ? '' : '·'),
    )
    lines.push(`  ${dayText(monday)}  ${cells.join('')}`.trimEnd())
  }
  return [...lines, '', `  ${legend(plan, terminal)}`]
}

function cellsBy<Item extends Cell>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Cell> {
  const cells = new Map<number, Cell>()
  const rank = (mark: Mark | undefined) => (mark === undefined ? marks.length : marks.indexOf(mark))
  for (const item of items) {
    const before = cells.get(keyOf(item))
    const kept = before !== undefined && rank(before.kept) <= rank(item.kept) ? before.kept : item.kept
    cells.set(keyOf(item), { kept, goes: item.goes || (before?.goes ?? false) })
  }
  return cells
}

/** The marks that this calendar uses, with what they stand for in it. */
function legend(plan: RetentionPlan, { paint }: Terminal): string {
  const parts = marks.flatMap((one) => {
    const causes = new Set(
      plan.keep.filter((kept) => markOf(kept) === one).flatMap(({ reasons }) => reasons.map(({ cause }) => cause)),
    )
    const said = Object.entries(one.causes).flatMap(([cause, word]) => (causes.has(cause as KeepCause) ? [word] : []))
    return said.length === 0 ? [] : [`${paint(one.style, one.mark)} kept: ${said.join(', ')}`]
  })
  return [...parts, ...(plan.remove.length > 0 ? [`${paint('bad', '✕')} goes`] : []), '· none'].join('   ')
}

const listed = 20

/** What stays for a reason of its own, and what goes and why. */
export function reasonLines(plan: RetentionPlan, timeZone: string, terminal: Terminal): string[] {
  const stamp = ({ endedAt }: RestorePoint) => wallStamp(endedAt, offsetAt(endedAt, timeZone)).slice(0, 16)
  const special = plan.keep.filter((kept) => ['★', '▲'].includes(markOf(kept).mark))
  const staying = special.slice(0, listed).map((kept) => {
    const { mark, style, causes } = markOf(kept)
    const words = kept.reasons.filter(({ cause }) => cause in causes).map(({ text }) => text)
    return [`  ${terminal.paint(style, mark)} ${shortPointId(kept.point.id)}`, stamp(kept.point), words.join(', ')]
  })
  const going = plan.remove
    .slice(0, listed)
    .map(({ point, reason }: RemovedPoint) => [
      `  ${terminal.paint('bad', '✕')} ${shortPointId(point.id)}`,
      stamp(point),
      point.addedBytes === undefined ? '' : `at most ${formatSize(point.addedBytes)}`,
      reason,
    ])
  const more = (count: number) => (count > listed ? [`    and ${count - listed} more; --json lists them`] : [])
  const sections = [
    [...columns(staying), ...more(special.length)],
    [...columns(going, ['left', 'left', 'right']), ...more(plan.remove.length)],
  ]
  return sections.filter((lines) => lines.length > 0).flatMap((lines) => ['', ...lines])
}

/** `43 stay, 1 goes, which frees at most 2.90 MB`. */
export function totalText({ keep, remove }: RetentionPlan, priced: Priced): string {
  const stay = `${keep.length} ${keep.length === 1 ? 'stays' : 'stay'}`
  if (remove.length === 0) return `${stay}, nothing goes`
  const known = remove.flatMap(({ point }) => point.addedBytes ?? [])
  const total = known.reduce<number>((sum, size) => sum + size, 0)
  const freed = known.length === 0 ? '' : `, which frees at most ${formatSize(total)}${monthlyText(keepingPrice(total, priced))}`
  return `${stay}, ${remove.length} ${remove.length === 1 ? 'goes' : 'go'}${freed}`
}

/** How number and size of the points develop. */
export function forecastLines(steps: readonly ForecastStep[], timeZone: string): string[] {
  const hasSize = steps.some(({ addedBytes }) => addedBytes !== undefined)
  const rows = steps.map(({ at, points, addedBytes }) => [
    `  ${wallStamp(at, offsetAt(at, timeZone)).slice(0, 10)}`,
    `${points} ${points === 1 ? 'point' : 'points'}`,
    ...(hasSize ? [addedBytes === undefined ? '' : formatSize(addedBytes)] : []),
  ])
  const note = hasSize
    ? ['  sizes are what the standing points added, if coming ones add as much as the last; WAL comes on top']
    : []
  return [...columns(rows, ['left', 'right', 'right']), ...note]
}

/** The plan of a component; with a forecast, what would stand in the end. */
export function retentionPlanLines(planned: ComponentRetention, site: Site, terminal: Terminal, forecast?: Forecast): string[] {
  const { timeZone } = site
  const { component, plannedAt, refusals } = planned
  const plan = forecast?.plan ?? planned.plan
  const at = forecast?.steps.at(-1)?.at ?? plannedAt
  const heading = `${terminal.paint('bold', component.name)} · ${policyText(component.retention)}`
  const total = forecast === undefined ? totalText(plan, site) : `${plan.keep.length} would stand then`
  const window = plan.windowFrom
  return [
    `${heading}   (${timeZone})`,
    '',
    ...calendarLines(plan, at, timeZone, terminal),
    ...reasonLines(plan, timeZone, terminal),
    '',
    `  ${total}`,
    ...(window === undefined
      ? []
      : [
          `  any second from ${formatLocalStamp(window.endedAt, timeZone)} on; of older WAL, what each point needs for itself stays`,
        ]),
    ...(forecast === undefined
      ? refusals.flatMap(({ message, hint }) => [`  ${terminal.paint('warn', '!')} ${message}`, `    ${hint}`])
      : ['', ...forecastLines(forecast.steps, timeZone)]),
  ]
}
