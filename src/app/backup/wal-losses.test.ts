import { expect, test } from 'vitest'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { parseInstant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import type { RecoveryWindow } from '../../domain/restore-point.ts'
import { openJournal } from '../../state/journal/journal.ts'
import type { SiteView } from '../site/context.ts'
import { newLosses } from './wal-losses.ts'

const lastWal = '000000010000000000000007'
const [from, hole, back, to] = ['01:00', '02:00', '03:00', '09:00'].map((time) => parseInstant(`2026-01-26T${time}:00Z`)) as [
  RecoveryWindow['from'],
  RecoveryWindow['from'],
  RecoveryWindow['from'],
  RecoveryWindow['from'],
]
const windows: RecoveryWindow[] = [
  { from, to: hole, archivedAt: hole, points: ['A'], timeline: 1, lastWal, brokenAfter: true, archive: '15-1' },
  {
    from: back,
    to,
    archivedAt: to,
    points: ['B'],
    timeline: 1,
    lastWal: '000000010000000000000012',
    brokenAfter: false,
    archive: '15-1',
  },
]

test('a hole is told by the first run that sees it, and by no later one', () => {
  const journal = openJournal(temporaryFolder())
  const site = { timeZone: 'Australia/Perth' }
  const view = { site, clock: fixedClock('2026-01-26T10:00:00Z'), journal } as unknown as SiteView
  const told = (component: string) => newLosses(view, component, 'C', { archive: '15-1', windows, unreachable: [] })
  const errors = told('database')
  expect(errors).toMatchObject([
    {
      code: 'wal-gap',
      message: `WAL is missing after segment ${lastWal}: no second between 2026-01-26 10:00:00 and 2026-01-26 11:00:00 can be restored`,
    },
  ])
  const result: StepResult = {
    ...{ component: 'database', engine: 'pgbackrest', outcome: 'partial', from: [], to: '', beganAt: to, durationMs: 1 },
    ...{ attempts: 1, healed: [], warnings: [], errors, sources: [] },
  }
  journal.append({ type: 'step-ended', at: parseInstant('2026-01-26T09:30:00Z'), runId: 'r1', result })
  expect(told('database')).toEqual([])
  // Another database's segments have the same names.
  expect(told('ledger')).toHaveLength(1)
})
