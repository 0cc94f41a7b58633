import { byName, listOf, number, object, optional, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'

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

const step = object<RecoveredStep>({
  begunAt: text,
  into: optional(text),
  endedAt: optional(text),
  durationMs: optional(number()),
  evidence: optional(listOf(text)),
})

export const recoveryRecords = defineStateFile<RecoveryRecord>({
  what: 'the record of a recovery',
  version: 1,
  shape: object<RecoveryRecord>({
    kit: optional(object<NonNullable<RecoveryRecord['kit']>>({ point: text, madeAt: text, machine: text })),
    at: optional(text),
    steps: byName(step),
  }),
  mode: 0o600,
  folderMode: 0o755,
  keep: 'durable',
  isForPeople: true,
  whenUnusable: {
    code: 'state-unreadable',
    hint: (file) =>
      `mv ${file} ${file}.unusable, and run holdfast recover again: it begins anew then, and says what it finds where it would write`,
  },
})
