import { lockFileOf, selectComponents, type AppContext } from '../../app/site/context.ts'
import {
  applyRetention,
  confirmClock,
  isPlanned,
  planAllRetention,
  standingRefusal,
  type ComponentRetention,
  type RetainWish,
  type RetentionAnswer,
  type RetentionListener,
} from '../../app/retention/retain.ts'
import { forecastOf, untilOf } from '../../app/retention/retention-forecast.ts'
import { batchExitCode, HoldfastError } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import type { RetentionResult } from '../../domain/events.ts'
import type { Site } from '../../domain/site.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import type { Forecast } from '../../policy/retention-forecast.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { componentErrorLines } from '../output/error.ts'
import type { View } from '../output/printer.ts'
import { shownAnswer } from '../output/retention-json.ts'
import { calendarLines, forecastLines, policyText, reasonLines, totalText } from '../output/retention-view.ts'
import { removedLines } from '../output/run-view.ts'
import type { Terminal } from '../output/terminal.ts'

interface PlanOptions extends GlobalOptions {
  readonly until?: string
}

interface ApplyOptions extends GlobalOptions {
  readonly allowLarge?: boolean
  readonly clockIsRight?: boolean
}

export async function retentionPlan(options: PlanOptions, console: Console, names: string[]): Promise<number> {
  const context = await composeContext(options, console)
  const { site } = context
  const until = options.until === undefined ? undefined : untilOf(options.until, context.clock.now(), site.timeZone)
  const answers = await planAllRetention(context, selectComponents(site, names))
  const shown = answers.map((answer) => ({
    answer,
    forecast: isPlanned(answer) && until !== undefined ? forecastOf(context, answer, until) : undefined,
  }))
  for (const { answer, forecast } of shown) {
    if (!isPlanned(answer)) console.fail(componentErrorLines(answer.component.name, answer.error))
    else console.tell((terminal) => [...planLines(answer, site, terminal, forecast), ''])
  }
  const components = shown.map(({ answer, forecast }) => shownAnswer(answer, forecast))
  console.document({ site: site.name, timeZone: site.timeZone, components })
  const failures = answers.flatMap((answer) => (isPlanned(answer) ? [] : [[answer.error]]))
  return batchExitCode(failures, answers.length)
}

/** Plans, asks, and does exactly that, all under the site's lock: what was agreed to can't change in between. */
export async function retentionApply(options: ApplyOptions, console: Console, names: string[]): Promise<number> {
  const context = await composeContext(options, console)
  const components = selectComponents(context.site, names)
  return withSiteLock(
    {
      place: context.place,
      clock: context.clock,
      signal: context.signal,
      file: lockFileOf(context),
      verb: 'retention apply',
      waitMs: 0,
      onWait: () => undefined,
    },
    async () => {
      await context.lease.hold()
      const answers = await planAllRetention(context, components)
      return applyPlanned(context, answers, options, console)
    },
  )
}

async function applyPlanned(
  context: AppContext,
  answers: readonly RetentionAnswer[],
  options: ApplyOptions,
  console: Console,
): Promise<number> {
  const wish: RetainWish = { allowLarge: options.allowLarge ?? false, clockIsRight: options.clockIsRight ?? false }
  const planned = answers.filter(isPlanned)
  const going = planned.filter((one) => one.plan.remove.length > 0 && standingRefusal(one, wish) === undefined)
  for (const one of planned) console.tell((terminal) => [...planLines(one, context.site, terminal), ''])
  if (going.length > 0) {
    const count = going.reduce((sum, { plan }) => sum + plan.remove.length, 0)
    const question = `remove ${count} restore ${count === 1 ? 'point' : 'points'} for ever?`
    if (!(await console.confirm(question, false))) {
      throw new HoldfastError('usage', 'not confirmed; nothing was removed', { hint: 'answer y, or give --yes' })
    }
  }
  if (wish.clockIsRight) confirmClock(context, planned)
  const results: RetentionResult[] = []
  for (const answer of answers) {
    if (context.signal.aborted) break
    results.push(await resultOf(context, answer, wish, console))
  }
  console.document({ site: context.site.name, components: results })
  const failures = results.flatMap(({ error }) => (error === undefined ? [] : [[error]]))
  if (context.signal.aborted) return exitCodes.interrupted
  return batchExitCode(failures, results.length)
}

async function resultOf(
  context: AppContext,
  answer: RetentionAnswer,
  wish: RetainWish,
  console: Console,
): Promise<RetentionResult> {
  const { component } = answer
  const view = progressView(context, component.name, console)
  const result = isPlanned(answer)
    ? await applyRetention(context, component, { ...wish, shown: answer.plan }, view.listener)
    : { component: component.name, outcome: 'failed' as const, removed: [], durationMs: 0, error: answer.error }
  view.clear()
  const lines: View = (terminal) => removedLines(result, terminal)
  if (result.error === undefined) console.tell(lines)
  else console.fail(lines)
  return result
}

/** One line that is redrawn while points are removed and space is freed. */
function progressView(
  { clock }: AppContext,
  component: string,
  console: Console,
): { listener: RetentionListener; clear: () => void } {
  const { report, count, clear } = console.progress(component, clock)
  let removed = 0
  return {
    listener: {
      report: (_component, progress) => report(progress),
      removed: () => {
        removed += 1
        count(`${removed} removed`)
      },
    },
    clear,
  }
}

function planLines(planned: ComponentRetention, site: Site, terminal: Terminal, forecast?: Forecast): string[] {
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
