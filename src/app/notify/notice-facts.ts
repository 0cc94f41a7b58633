import { defined } from '../../domain/defined.ts'
import type { ErrorRecord } from '../../domain/errors.ts'
import type { Findings } from '../../domain/finding.ts'
import type { NoticeItem } from '../../domain/notice.ts'
import type { Incident } from '../../policy/incidents.ts'
import { offsetAt } from '../../policy/local-time.ts'
import type { SiteView } from '../site/context.ts'
import { status } from '../status/status.ts'
import type { ComponentStatus, StatusReport } from '../../contract/status.ts'

/** Longer ones are cut by every channel; this keeps the outbox small. */
const longestText = 4000

/** What people are told of incidents: what can still be restored of each, and how the other components are. */
export function noticeItems(view: SiteView, incidents: readonly Incident[], reminded: readonly Incident[]): NoticeItem[] {
  const report = knownStatus(view)
  return incidents.map((incident) => {
    const { subject, component, since, count, error } = incident
    return {
      subject,
      ...defined({ component }),
      since,
      count,
      error: boundedError(error),
      ...(reminded.includes(incident) ? { isReminder: true } : {}),
      ...restorable(report?.components.find((one) => one.component === component)),
    }
  })
}

/** Undefined when the journal can't be read: of that people have to hear too. */
function knownStatus(view: SiteView): StatusReport | undefined {
  try {
    return status(view, (at) => offsetAt(at, view.site.timeZone))
  } catch {
    return undefined
  }
}

function restorable(found: ComponentStatus | undefined): Pick<NoticeItem, 'lastGood' | 'window'> {
  const window = found?.windows?.at(-1)
  return {
    ...defined({ lastGood: found?.newestPoint }),
    ...(window === undefined ? {} : { window: { from: window.from, to: window.to } }),
  }
}

function boundedError({ code, message, hint, detail }: ErrorRecord): ErrorRecord {
  return {
    code,
    message: bounded(message),
    ...(hint === undefined ? {} : { hint: bounded(hint) }),
    ...(detail === undefined ? {} : { detail: bounded(detail) }),
  }
}

const bounded = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText / 2)} … ${text.slice(-longestText / 2)}`

/**
 * `The other 3 components are fine.`: only those say it that have evidence; what the run has yet to do is said too.
 *
 * @param told what the notice tells, of all that is open
 */
export function otherComponents(
  view: SiteView,
  told: readonly Incident[],
  open: readonly Incident[],
  findings: Findings,
): string | undefined {
  const report = knownStatus(view)
  if (report === undefined) return 'How the other components are is not known.'
  const isIn = (incidents: readonly Incident[], name: string) => incidents.some(({ component }) => component === name)
  const others = report.components.filter(({ component }) => !isIn(told, component))
  const pending = others.filter(({ component }) => findings.pending?.includes(component))
  const rest = others.filter((one) => !pending.includes(one))
  const failing = rest.filter(({ component }) => isIn(open, component))
  const fine = rest.filter((one) => one.healthy && !failing.includes(one))
  const unknown = rest.filter((one) => !one.healthy && !failing.includes(one))
  const names = (components: readonly ComponentStatus[]) => components.map(({ component }) => component).join(', ')
  const sentences = [
    ...(failing.length === 0 ? [] : [`Told before, and not over: ${names(failing)}.`]),
    ...(fine.length === 0 ? [] : [fineSentence(fine.length, others.length)]),
    ...(unknown.length === 0 ? [] : [`Without evidence that they are well: ${names(unknown)}.`]),
    ...(pending.length === 0 ? [] : [`The run goes on with ${names(pending)}.`]),
  ]
  return sentences.length === 0 ? undefined : sentences.join(' ')
}

function fineSentence(fine: number, others: number): string {
  if (fine === others) return fine === 1 ? 'The other component is fine.' : `The other ${fine} components are fine.`
  return fine === 1 ? 'Another component is fine.' : `${fine} other components are fine.`
}
