import type { Instant } from '../../domain/clock.ts'
import type { JournalRecord } from '../../contract/journal.ts'

/** A restore that went well and was measured: a person's, or that of a drill that passed. */
export interface MeasuredRestore {
  readonly component: string
  readonly at: Instant
  readonly point: string
  readonly durationMs: number
  readonly sizeBytes?: number
  readonly isDrill: boolean
}

export function measuredRestore(record: JournalRecord): MeasuredRestore | undefined {
  if (record.type === 'restored') return { ...record, isDrill: false }
  if (record.type !== 'drilled') return undefined
  const { component, outcome, point, recoveryMs, sizeBytes } = record.result
  if (outcome !== 'passed' || point === undefined || recoveryMs === undefined) return undefined
  const size = sizeBytes === undefined ? {} : { sizeBytes }
  return { component, at: record.at, point: point.id, durationMs: recoveryMs, ...size, isDrill: true }
}
