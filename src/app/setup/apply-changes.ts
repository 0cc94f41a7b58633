import type { Change } from '../../domain/plan.ts'
import type { SiteView } from '../site/context.ts'

/** Does each change of a fresh plan, and tells of each that is done. One that fails is the end; what was done is noted. */
export async function applyChanges(
  { journal, clock }: Pick<SiteView, 'journal' | 'clock'>,
  changes: readonly Change[],
  tell: (change: Change) => void,
): Promise<void> {
  const done: string[] = []
  try {
    for (const change of changes) {
      await change.apply()
      done.push(`${change.action} ${change.subject}`)
      tell(change)
    }
  } finally {
    if (done.length > 0) journal.append({ type: 'set-up', at: clock.now(), changes: done })
  }
}
