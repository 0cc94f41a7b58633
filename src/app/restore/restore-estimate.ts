import type { RestorePoint } from '../../domain/restore-point.ts'
import { bytes, type Bytes } from '../../domain/size.ts'
import type { Journal } from '../../state/journal/journal.ts'
import { measuredRestore, type MeasuredRestore } from '../../state/journal/measured-restore.ts'
import type { JournalRecord } from '../../contract/journal.ts'

/** How much a restore brings back, and how long that may take. */
export interface RestoreEstimate {
  /** Size of what comes back; undefined where the engine doesn't record it. */
  readonly sizeBytes: number | undefined
  readonly durationMs: number | undefined
  /** What the time is guessed from: restores and drills of this component, of the whole site, or nothing yet. */
  readonly basis: 'component' | 'site' | 'none'
}

/** The size of a point: old engines don't record it in the snapshot, and the run that made it did. */
export function knownSize(journal: Journal, point: RestorePoint): Bytes | undefined {
  if (point.sizeBytes !== undefined) return point.sizeBytes
  for (const record of journal.newestFirst()) {
    if (record.type !== 'step-ended' || record.result.point === undefined) continue
    const { point: made, processedBytes } = record.result
    if (point.id.startsWith(made.id)) return processedBytes === undefined ? undefined : bytes(processedBytes)
  }
  return undefined
}

/** Restores that are looked back at: a machine and its network change. */
const remembered = 5

/**
 * From the rate of earlier restores: the slower half of the last five, because nobody minds being back early. A restore
 * that was small says little of rates, so every one counts with its bytes.
 *
 * @param records of the journal, oldest first
 */
export function estimateRestore(component: string, point: RestorePoint, records: readonly JournalRecord[]): RestoreEstimate {
  const { sizeBytes } = point
  const all = records.map(measuredRestore).filter((one): one is MeasuredRestore => (one?.sizeBytes ?? 0) > 0)
  const own = all.filter((record) => record.component === component)
  const basis = own.length > 0 ? 'component' : all.length > 0 ? 'site' : 'none'
  const recent = (own.length > 0 ? own : all).slice(-remembered)
  const slowest = recent.toSorted((one, other) => rateOf(one) - rateOf(other)).slice(0, Math.ceil(recent.length / 2))
  if (sizeBytes === undefined || slowest.length === 0) return { sizeBytes, durationMs: undefined, basis }
  const total = slowest.reduce((sum, record) => sum + (record.sizeBytes ?? 0), 0)
  const took = slowest.reduce((sum, record) => sum + record.durationMs, 0)
  // To find the point, start a server and ask it takes its time however small the data is.
  const least = Math.min(...recent.map((record) => record.durationMs))
  return { sizeBytes, durationMs: Math.round(Math.max(least, (took * sizeBytes) / total)), basis }
}

const rateOf = ({ sizeBytes = 0, durationMs }: MeasuredRestore): number => sizeBytes / Math.max(1, durationMs)
