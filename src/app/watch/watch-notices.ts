import type { Instant } from '../../domain/clock.ts'
import { duration, formatDuration } from '../../domain/duration.ts'
import type { ErrorRecord } from '../../domain/errors.ts'
import { subjectOf, type Check } from '../../domain/evidence.ts'
import { liesBelow, type Finding } from '../../domain/finding.ts'
import { channelName } from '../../domain/notice.ts'
import type { Site } from '../../domain/site.ts'
import type { Incident } from '../../policy/incidents.ts'
import { waitingSince } from '../../policy/outbox.ts'
import type { StateFault } from '../../state/state-folders.ts'
import { readNoticeState, type NoticeState } from '../../state/notice-state.ts'
import type { Delivery } from '../site/notifier.ts'
import type { WatchContext } from './context.ts'

/** Every run and every watch delivers what waits; what still does after so long nobody takes. */
const longestWait = duration(1, 'h')

/** Whether those who should be told are: the others hear of a channel that takes nothing, and so does whoever asks for the status. */
export function noticesCheck(
  { notify }: Site,
  { waiting, givenUp }: NoticeState,
  now: Instant,
  fault: StateFault | undefined,
): Check[] {
  const channels = notify.filter(({ kind }) => kind !== 'ping').map(channelName)
  if (channels.length === 0) return []
  const troubles = channels.flatMap((channel) => {
    const gone = givenUp.find((one) => one.channel === channel)
    if (gone !== undefined) return [{ since: gone.at, text: `${channel} was given up: ${gone.reason}` }]
    const since = waitingSince(waiting.filter((item) => item.channel === channel))
    if (since === undefined || now - since <= longestWait) return []
    return [{ since, text: `${channel} has taken nothing for ${formatDuration(now - since)}` }]
  })
  const look = { kind: 'notices', component: undefined, said: 'every channel takes them', seenAt: now } as const
  if (fault !== undefined) {
    const { code, message } = fault.error
    const hint = 'what is wrong is reported once more; a notice that waited there is lost'
    const lost = { ...look, said: 'what waited to be told is lost', since: fault.at ?? now }
    return [{ ...lost, error: { code, message, hint } }]
  }
  const [first] = troubles
  if (first === undefined) return [look]
  const message = troubles.map(({ text }) => text).join('; ')
  const hint = 'holdfast notify test says how each channel answers; one that takes the test is sent all that waits'
  return [{ ...look, said: 'not every channel takes them', since: first.since, error: { code: 'notice-failed', message, hint } }]
}

export const isWrong = (check: Check): check is Check & { error: ErrorRecord } => check.error !== undefined

/** Tells what a watch found, and what it found to be over. */
export async function tellOfWatch(context: WatchContext, checks: readonly Check[], now: Instant): Promise<readonly Delivery[]> {
  const { incidents, waiting } = readNoticeState(context)
  const toldByAlert = (check: Check & { error: ErrorRecord }) =>
    check.error.code === 'run-killed' &&
    incidents.some(({ subject, seenAt }) => /^unit\/holdfast-.*-backup\.service$/.test(subject) && seenAt >= (check.since ?? now))
  const found = checks
    .filter(isWrong)
    .filter((check) => !toldByAlert(check))
    .map((check): Finding => {
      const { component, since = now, error } = check
      return { subject: subjectOf(check), component, since, error }
    })
  const looked = incidents.filter((incident) => wasLookedAt(incident, checks)).map(({ subject }) => subject)
  if (found.length === 0 && looked.length === 0 && waiting.length === 0) return []
  return (await context.notifier()).report({ looked, found })
}

/** Where the server or the journal gives no answer, what they would tell of is not over. */
function wasLookedAt({ subject, component }: Incident, checks: readonly Check[]): boolean {
  // A watch that comes to its end is well; systemd has been told not to say so every few minutes.
  if (/^unit\/holdfast-.*-watch\.service$/.test(subject)) return true
  if (!liesBelow(subject, 'watch/')) return false
  const isBlind = checks
    .filter(isWrong)
    .some(({ kind, component: of }) => kind === 'journal' || (kind === 'archiving' && of === component))
  return !isBlind || checks.some((check) => subjectOf(check) === subject)
}
