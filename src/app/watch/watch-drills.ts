import { isAhead, type Instant } from '../../domain/clock.ts'
import { recordsUntil, type Journal } from '../../state/journal/journal.ts'
import { measuredRestore } from '../../state/journal/measured-restore.ts'
import { lookBack } from '../../policy/next-time.ts'
import type { WatchedDrills, WatchMemory } from '../../state/watch-memory.ts'

/** What a clock that was ahead dated would keep the next drill from ever being missed. */
function believed(drills: WatchMemory['drills'], now: Instant): WatchMemory['drills'] {
  const isOff = ({ passedAt = now, backedUpSince = now }: WatchedDrills) => isAhead(passedAt, now) || isAhead(backedUpSince, now)
  return drills && Object.fromEntries(Object.entries(drills).filter(([, seen]) => !isOff(seen)))
}

/**
 * Drills of each component, and when there was first something to test. Looks at what the journal got since the last look, so
 * that a month of it is read only once.
 */
export function readDrills(
  journal: Journal,
  names: readonly string[],
  now: Instant,
  before: Pick<WatchMemory, 'at' | 'drills'> | undefined,
): Record<string, WatchedDrills> {
  const known = believed(before?.drills, now)
  const isNew = names.some((name) => known?.[name] === undefined)
  const until = known === undefined || isNew || before === undefined ? now - lookBack : before.at
  const passed = new Map<string, Pick<WatchedDrills, 'passedAt' | 'recoveryMs'>>()
  const backedUp = new Map<string, Instant>()
  for (const record of recordsUntil(journal, now)) {
    if (record.at < until) break
    const measured = measuredRestore(record)
    if (measured?.isDrill && !passed.has(measured.component)) {
      passed.set(measured.component, { passedAt: measured.at, recoveryMs: measured.durationMs })
    }
    if (record.type === 'step-ended' && record.result.point !== undefined)
      backedUp.set(record.result.component, record.result.beganAt)
  }
  return Object.fromEntries(
    names.map((name): [string, WatchedDrills] => {
      const last = known?.[name]
      const { passedAt, recoveryMs } = passed.get(name) ?? { passedAt: last?.passedAt, recoveryMs: last?.recoveryMs }
      return [name, { passedAt, recoveryMs, backedUpSince: last?.backedUpSince ?? backedUp.get(name) }]
    }),
  )
}
