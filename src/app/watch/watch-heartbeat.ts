import { isAhead, type Instant } from '../../domain/clock.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Check } from '../../domain/evidence.ts'
import type { Site } from '../../domain/site.ts'
import { recordsUntil, type Journal } from '../../state/journal/journal.ts'
import { lookBack } from '../../policy/next-time.ts'
import { heartbeatFault, type HeartbeatSighting } from '../../policy/heartbeat-due.ts'

/** Looks at what the journal got since the last look, so that a month of it is read only once. */
export function readHeartbeat(
  journal: Journal,
  now: Instant,
  before: { readonly at: Instant; readonly heartbeat?: HeartbeatSighting | undefined } | undefined,
): HeartbeatSighting {
  const known = believed(before?.heartbeat, now)
  const until = known === undefined ? now - lookBack : before?.at
  for (const record of recordsUntil(journal, now)) {
    if (record.at < (until ?? now)) break
    if (record.type === 'notice' && record.kind === 'heartbeat' && record.outcome === 'delivered')
      return { lookedSince: known?.lookedSince ?? now, lastAt: record.at }
  }
  return known ?? { lookedSince: now, lastAt: undefined }
}

/** What a clock that was ahead dated would keep the next one from ever being missed. */
function believed(sighting: HeartbeatSighting | undefined, now: Instant): HeartbeatSighting | undefined {
  if (sighting === undefined) return undefined
  return isAhead(Math.max(sighting.lookedSince, sighting.lastAt ?? 0) as Instant, now) ? undefined : sighting
}

/** Where there is a channel that takes one. */
export function heartbeatChecks({ notify, schedule }: Site, sighting: HeartbeatSighting, now: Instant): Check[] {
  if (
    schedule.heartbeat === 'never' ||
    !notify.some((settings) => settings.kind !== 'ping' && settings.events.includes('heartbeat'))
  )
    return []
  const { lastAt } = sighting
  const said = lastAt === undefined ? 'none was sent yet' : `sent ${formatDuration(now - lastAt)} ago`
  const look = { kind: 'heartbeat', component: undefined, said, seenAt: now } as const
  const message = heartbeatFault(schedule.heartbeat, sighting, now)
  if (message === undefined) return [look]
  const hint = 'holdfast notify heartbeat sends it; holdfast schedule apply makes a timer do so'
  return [{ ...look, error: { code: 'heartbeat-overdue', message, hint } }]
}
