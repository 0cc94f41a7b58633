import type { Journal } from '../../state/journal/journal.ts'
import type { RetentionTrace } from '../../policy/retention-due.ts'

/** What the journal tells of the backups and the retention of a component, newest first, read only as far as is asked. */
export function* retentionTraces(journal: Journal, component: string): Generator<RetentionTrace> {
  for (const record of journal.newestFirst()) {
    const isBackup = record.type === 'step-ended' && record.result.component === component
    const isRetention = record.type === 'retention-ended' && record.component === component
    yield { at: record.at, what: isBackup ? 'backed-up' : isRetention ? 'retained' : 'other' }
  }
}
