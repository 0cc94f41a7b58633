import { isoInstant, type Clock } from '../../domain/clock.ts'
import { recoveryRecords, type RecoveredStep, type RecoveryRecord } from '../../state/recovery-record.ts'

export interface OpenRecovery {
  readonly record: RecoveryRecord
  begin(step: string): void
  writesInto(step: string, into: string): void
  end(step: string, evidence: readonly string[]): RecoveredStep
  save(): void
}

/** Throws `state-unreadable` when an earlier one left a record that cannot be used. */
export function openRecovery(file: string, clock: Clock): OpenRecovery {
  const record = recoveryRecords.read(file) ?? { steps: {} }
  const save = () => recoveryRecords.write(file, record)
  return {
    record,
    save,
    begin(step) {
      // What lies there since a step has ended may have been used meanwhile.
      const { into, endedAt } = record.steps[step] ?? {}
      record.steps[step] = { begunAt: isoInstant(clock.now()), ...(into === undefined || endedAt !== undefined ? {} : { into }) }
      save()
    },
    writesInto(step, into) {
      record.steps[step] = { begunAt: isoInstant(clock.now()), ...record.steps[step], into }
      save()
    },
    end(step, evidence) {
      const { begunAt, into } = record.steps[step] ?? { begunAt: isoInstant(clock.now()) }
      const now = clock.now()
      const place = into === undefined ? {} : { into }
      const ended = { begunAt, ...place, endedAt: isoInstant(now), durationMs: Math.max(0, now - Date.parse(begunAt)), evidence }
      record.steps[step] = ended
      save()
      return ended
    },
  }
}
