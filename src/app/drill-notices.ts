import { instant } from '../domain/clock.ts'
import type { DrillResult } from '../domain/drill.ts'
import type { Finding } from '../domain/finding.ts'
import type { Delivery } from '../domain/notice.ts'
import { shortPointId } from '../domain/restore-point.ts'
import { formatLocalStamp } from '../policy/local-time.ts'
import type { AppContext } from './context.ts'
import { summedUp } from './run-notices.ts'

/**
 * Tells what a drill found, and what is over. A dead man's switch hears nothing of it: what waits for a backup must not be
 * content with a drill.
 */
export async function tellOfDrill(
  { notifier, site }: Pick<AppContext, 'notifier' | 'site'>,
  results: readonly DrillResult[],
): Promise<readonly Delivery[]> {
  const ended = results.filter(({ outcome }) => outcome !== 'interrupted')
  const found = ended.flatMap((result): Finding[] => {
    const { component, error, beganAt, durationMs, point } = result
    if (error === undefined) return []
    const which =
      point === undefined ? '' : `point ${shortPointId(point.id)} of ${formatLocalStamp(point.endedAt, site.timeZone)}: `
    const since = instant(beganAt + durationMs)
    return [{ subject: drillSubject(component), component, since, error: { ...error, message: `${which}${error.message}` } }]
  })
  const told = await notifier.report({ looked: ended.map(({ component }) => drillSubject(component)), found })
  return summedUp([...notifier.unusable, ...told])
}

const drillSubject = (component: string): string => `drill/${component}`
