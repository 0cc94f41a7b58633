import { instant } from '../../domain/clock.ts'
import type { DrillResult } from '../../domain/drill.ts'
import type { ErrorRecord } from '../../domain/errors.ts'
import type { Finding } from '../../domain/finding.ts'
import type { Delivery } from '../../domain/notice.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import type { AppContext } from '../site/context.ts'
import { summedUp } from '../notify/run-notices.ts'

/**
 * Tells what a drill found, and what is over. A dead man's switch hears nothing of it: what waits for a backup must not be
 * content with a drill.
 */
export async function tellOfDrill(
  { notifier, site, clock }: Pick<AppContext, 'notifier' | 'site' | 'clock'>,
  results: readonly DrillResult[],
  errors: readonly ErrorRecord[],
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
  const own = errors
    .slice(0, 1)
    .map((error): Finding => ({ subject: siteSubject, component: undefined, since: clock.now(), error }))
  const looked = [siteSubject, ...ended.map(({ component }) => drillSubject(component))]
  const told = await notifier.report({ looked, found: [...found, ...own] })
  return summedUp([...notifier.unusable, ...told])
}

/** What went wrong with the drill itself: what it restored is still there, or its record could not be written. */
const siteSubject = 'site/drill'
const drillSubject = (component: string): string => `drill/${component}`
