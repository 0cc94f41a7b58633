import { expect, test } from 'vitest'
import { instant } from '../../domain/clock.ts'
import type { FilesComponent, PostgresComponent } from '../../domain/site.ts'
import type { Journal } from '../../state/journal/journal.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { readHistory, retentionFacts } from './retention-facts.ts'

const at = instant(Date.UTC(2026, 0, 26))
const files = { name: 'logs', source: { kind: 'files' } } as FilesComponent
const database = { name: 'logs', source: { kind: 'postgres' } } as PostgresComponent

const restored = (point: string): JournalRecord => ({
  type: 'restored',
  at,
  component: 'logs',
  point,
  target: '/srv',
  durationMs: 1,
})

function drilled(id: string, outcome: 'passed' | 'failed' = 'passed'): JournalRecord {
  const point = { id, kind: 'snapshot', endedAt: at } as const
  const result = { component: 'logs', engine: 'restic', outcome, beganAt: at, durationMs: 1, point, recoveryMs: 1 } as const
  return { type: 'drilled', at, result: { ...result, assertions: [], notes: [] } }
}

const pinned = (previousPoint: string, point: string): JournalRecord => ({
  ...{ type: 'pinned', at, component: 'logs', point, previousPoint, reason: 'words' },
})
const unpinned = (previousPoint: string, point: string): JournalRecord => ({
  ...{ type: 'unpinned', at, component: 'logs', point, previousPoint },
})

/** @param records oldest first */
function drilledOf(component: FilesComponent | PostgresComponent, ...records: JournalRecord[]): string | undefined {
  const journal = { newestFirst: () => records.toReversed().values() } as unknown as Journal
  return retentionFacts(component, [], readHistory(journal).of('logs')).drilled
}

test('the last point that passed a drill is the drilled one, whatever was restored or failed since', () => {
  for (const component of [files, database]) {
    expect(drilledOf(component, drilled('one'), drilled('two'), drilled('three', 'failed'), restored('four'))).toBe('two')
  }
})

test('before the first drill, a database that was restored has been started all the same; files may have been a single one', () => {
  expect(drilledOf(database, restored('one'), restored('two'))).toBe('two')
  expect(drilledOf(files, restored('one'))).toBeUndefined()
})

test('a point that got another id since, because it was pinned and is no more, is still the drilled one', () => {
  const records = [drilled('one'), pinned('one', 'two'), pinned('other', 'another'), unpinned('two', 'three')]
  expect(drilledOf(files, ...records)).toBe('three')
})

test('a point whose run could not read all is known, also by the name that a pin gave it', () => {
  const step = (id: string, code?: 'source-unreadable' | 'wal-gap') =>
    ({
      type: 'step-ended',
      at,
      runId: 'r',
      result: {
        component: 'logs',
        point: { id, kind: 'snapshot' },
        errors: code === undefined ? [] : [{ code, message: 'words' }],
      },
    }) as unknown as JournalRecord
  const records = [step('one', 'source-unreadable'), step('two'), step('three', 'wal-gap'), pinned('one', 'one pinned')]
  const journal = { newestFirst: () => records.toReversed().values() } as unknown as Journal
  expect([...readHistory(journal).of('logs').incomplete]).toEqual(['one pinned'])
})
