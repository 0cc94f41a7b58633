import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeKernel } from '../../../test/support/fake-machine.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, parseInstant, type Instant } from '../../domain/clock.ts'
import type { DrillResult } from '../../domain/drill.ts'
import { duration } from '../../domain/duration.ts'
import type { StepResult } from '../../domain/events.ts'
import type { Site } from '../../domain/site.ts'
import { openJournal } from '../../state/journal/journal.ts'
import { openPointCache } from '../../state/point-cache.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { heartbeatNotice, summaryNotice } from './heartbeat.ts'

const at = parseInstant('2026-01-25T19:00:00Z')

const step = (outcome: StepResult['outcome']): JournalRecord => ({
  type: 'step-ended',
  at,
  runId: 'r1',
  result: {
    component: 'logs',
    engine: 'restic',
    outcome,
    from: ['/srv/logs'],
    to: '/mnt/backup/pi-hosting/logs',
    beganAt: at,
    durationMs: 61_000,
    attempts: 1,
    addedBytes: 41_200_000,
    ...(outcome === 'done' ? { point: { id: '7be79a4b', kind: 'snapshot' } } : {}),
    healed: [],
    warnings: [],
    errors: outcome === 'done' ? [] : [{ code: 'source-missing', message: 'it is missing' }],
    sources: [],
  },
})

function viewWith(...records: readonly JournalRecord[]) {
  const folder = temporaryFolder()
  const journal = openJournal(join(folder, 'journal'))
  for (const record of records) journal.append(record)
  const logs = {
    name: 'logs',
    source: { kind: 'files', paths: ['/srv/logs'] },
    location: { kind: 'directory', path: '/mnt/backup/pi-hosting/logs' },
  }
  const site = {
    name: 'pi-hosting',
    timeZone: 'UTC',
    notify: [{ kind: 'discord', name: undefined, events: ['heartbeat'] }],
    objectives: { rpo: 1, rto: 1 },
    schedule: { backup: '03:00', drill: 'weekly' },
    components: [logs],
  } as unknown as Site
  return {
    site,
    machine: fakeKernel(),
    clock: fixedClock('2026-01-25T20:00:00Z'),
    journal,
    pointCache: openPointCache(folder),
    stateDirectory: folder,
    runtimeDirectory: folder,
  }
}

const linesOf = (view: ReturnType<typeof viewWith>) =>
  (heartbeatNotice(view).evidence ?? []).map(({ subject, isGood, text, at: time }) => [isGood, subject, text, time])

describe('a heartbeat', () => {
  it('is red in everything on a site that nothing is known of', () => {
    const lines = linesOf(viewWith())
    expect(lines.filter(([isGood]) => isGood === true)).toEqual([])
    expect(lines.map(([, subject]) => subject)).toEqual(
      expect.arrayContaining([
        'logs',
        'restore of logs',
        'recovery kit',
        'drill of logs',
        'second copy',
        'cost',
        'notices by discord',
      ]),
    )
  })

  it('lists what was seen, with its date', () => {
    const result = {
      runId: 'r1',
      site: 'pi-hosting',
      outcome: 'done',
      beganAt: at,
      durationMs: 1,
      healed: [],
      errors: [],
    } as const
    const lines = linesOf(
      viewWith(
        { type: 'notice', at, channel: 'discord', kind: 'all-clear', outcome: 'delivered' },
        { type: 'restored', at, component: 'logs', point: '7be79a4b', target: '/srv/restored', durationMs: 1 },
        step('done'),
        { type: 'run-ended', at, runId: 'r1', result: { ...result, kit: { point: 'aaaa', addedBytes: 1, durationMs: 1 } } },
      ),
    )
    expect(lines.filter(([isGood]) => isGood === true)).toEqual(
      expect.arrayContaining([
        [true, 'logs', expect.stringContaining('newest point'), expect.any(Number)],
        [true, 'restore of logs', 'worked', at],
        [true, 'recovery kit', 'refreshed', at],
        [true, 'notices by discord', 'the last arrived', at],
      ]),
    )
    expect(lines).toContainEqual([false, 'drill of logs', expect.stringContaining('NEVER'), undefined])
  })

  it('says how the last drill went, and loudly that it failed or is long ago; a restore by hand is then no line of its own', () => {
    const drill = (more: Partial<DrillResult>, when: Instant = at): JournalRecord => {
      const base = { component: 'logs', engine: 'restic', outcome: 'passed', beganAt: when, durationMs: 1 } as const
      const point = { id: '7be79a4b', kind: 'snapshot', endedAt: when } as const
      return { type: 'drilled', at: when, result: { ...base, point, recoveryMs: 60_000, assertions: [], notes: [], ...more } }
    }
    const error = { code: 'drill-failed', message: 'not so: it is empty' } as const
    const longAgo = instant(at - duration(20, 'd'))
    for (const [record, line] of [
      [drill({}), [true, 'drill of logs', 'passed, back in 1m', at]],
      [drill({ outcome: 'failed', error }), [false, 'drill of logs', 'FAILED: not so: it is empty', at]],
      [
        drill({}, longAgo),
        [false, 'drill of logs', expect.stringContaining('OVERDUE: no drill of it has passed for 20d'), longAgo],
      ],
    ] as const) {
      const lines = linesOf(viewWith(record))
      expect(lines).toContainEqual(line)
      expect(lines.map(([, subject]) => subject)).not.toContain('restore of logs')
    }
    expect(linesOf(viewWith(drill({}), drill({ outcome: 'interrupted' })))).toContainEqual(
      expect.arrayContaining([true, 'drill of logs']),
    )
  })

  it('does not take a notice that only waits for one that arrived', () => {
    const lines = linesOf(viewWith({ type: 'notice', at, channel: 'discord', kind: 'failure', outcome: 'waits' }))
    expect(lines).toContainEqual([false, 'notices by discord', expect.any(String), undefined])
  })
})

describe('a summary', () => {
  it('says how the last run of each component went, and that there was none', () => {
    expect(summaryNotice(viewWith()).evidence).toEqual([{ subject: 'logs', isGood: false, text: 'no run in the last day' }])
    const removed: JournalRecord = { type: 'point-removed', at, component: 'logs', point: 'x', reason: 'old' }
    expect(summaryNotice(viewWith(step('failed'), step('done'), removed)).evidence).toEqual([
      { subject: 'logs', isGood: true, text: 'done, 41.2 MB added, in 1m 1s, 1 old point removed, 2 runs', at },
    ])
    expect(summaryNotice(viewWith(step('failed'))).evidence).toMatchObject([
      { isGood: false, text: expect.stringMatching(/^failed: it is missing/) },
    ])
  })
})
