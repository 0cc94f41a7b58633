import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isoInstant, type Clock } from '../../domain/clock.ts'

/** How far the recovery of a machine has come: what a killed one goes on from. */
export interface RecoveryRecord {
  /** The version of the recovery kit that it works from; absent when it works from a configuration alone. */
  kit?: { readonly point: string; readonly madeAt: string; readonly machine: string }
  /** The time that was asked for; absent for the newest there is. */
  at?: string | undefined
  readonly steps: Record<string, RecoveredStep>
}

export interface RecoveredStep {
  /** ISO 8601 in UTC. */
  readonly begunAt: string
  /** Where it began to write, once it had seen that nothing of somebody's lay there: what lies there now is its own. */
  readonly into?: string
  /** Present when it was done, and seen to be. */
  readonly endedAt?: string
  readonly durationMs?: number
  readonly evidence?: readonly string[]
}

export interface OpenRecovery {
  readonly record: RecoveryRecord
  begin(step: string): void
  writesInto(step: string, into: string): void
  end(step: string, evidence: readonly string[]): RecoveredStep
  save(): void
}

export function openRecovery(file: string, clock: Clock): OpenRecovery {
  const record = read(file)
  const save = () => write(file, record)
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

function read(file: string): RecoveryRecord {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RecoveryRecord
  } catch {
    return { steps: {} }
  }
}

function write(file: string, record: RecoveryRecord): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  const draft = `${file}.new`
  const opened = openSync(draft, 'w', 0o600)
  try {
    writeFileSync(opened, `${JSON.stringify(record, undefined, 2)}\n`)
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
  renameSync(draft, file)
}
