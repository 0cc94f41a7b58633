import { selectComponents } from '../../app/site/context.ts'
import { exitCodeOfRetention, planAndApplyRetention } from '../../app/retention/apply.ts'
import { isPlanned, planAllRetention } from '../../app/retention/retain.ts'
import { forecastOf, untilOf } from '../../app/retention/retention-forecast.ts'
import { batchExitCode } from '../../domain/errors.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { componentErrorLines } from '../output/error.ts'
import type { View } from '../output/printer.ts'
import { shownAnswer } from '../views/retention-json.ts'
import { retentionPlanLines } from '../views/retention-view.ts'
import { removedLines } from '../views/run-view.ts'

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
    else console.tell((terminal) => [...retentionPlanLines(answer, site, terminal, forecast), ''])
  }
  const components = shown.map(({ answer, forecast }) => shownAnswer(answer, forecast))
  console.document({ site: site.name, timeZone: site.timeZone, components })
  const failures = answers.flatMap((answer) => (isPlanned(answer) ? [] : [[answer.error]]))
  return batchExitCode(failures, answers.length)
}

export async function retentionApply(options: ApplyOptions, console: Console, names: string[]): Promise<number> {
  const context = await composeContext(options, console)
  const { site, clock } = context
  const { allowLarge = false, clockIsRight = false } = options
  const applied = await planAndApplyRetention(
    context,
    selectComponents(site, names),
    { allowLarge, clockIsRight },
    {
      planned: (planned) => console.tell((terminal) => [...retentionPlanLines(planned, site, terminal), '']),
      agree: (points) => console.confirm(`remove ${points} restore ${points === 1 ? 'point' : 'points'} for ever?`, false),
      begin: ({ name }) => {
        const { report, count, clear } = console.progress(name, clock)
        let removed = 0
        return {
          report: (_component, progress) => report(progress),
          removed: () => count(`${(removed += 1)} removed`),
          end: (result) => {
            clear()
            const lines: View = (terminal) => removedLines(result, terminal)
            if (result.error === undefined) console.tell(lines)
            else console.fail(lines)
          },
        }
      },
    },
  )
  console.document({ site: site.name, components: applied.results })
  return exitCodeOfRetention(applied)
}
