import { expect, test } from 'vitest'
import { fixedClock } from '../../test/support/fixed-clock.ts'
import { locations } from '../../test/support/locations.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { parseInstant, type Instant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import type { StepResult } from '../domain/events.ts'
import type { Component, Site } from '../domain/site.ts'
import { openJournal } from '../journal/journal.ts'
import { openPointCache } from '../journal/point-cache.ts'
import { status } from './status.ts'

const component: Component = {
  name: 'foundry',
  source: { kind: 'files', paths: ['/srv/foundry'], exclude: [], oneFileSystem: false },
  location: locations['a directory'],
  retention: 'forever',
  deadline: duration(24, 'h'),
}

const step = (beganAt: Instant, id: string): StepResult => ({
  component: 'foundry',
  engine: 'restic',
  outcome: 'done',
  from: ['/srv/foundry'],
  to: '/mnt/backup/pi-hosting/foundry',
  beganAt,
  durationMs: 1000,
  attempts: 1,
  point: { id, kind: 'snapshot' },
  healed: [],
  warnings: [],
  errors: [],
  sources: [],
})

test('what a run wrote with a clock a year ahead is not the newest for a year', () => {
  const journal = openJournal(temporaryFolder())
  const wrong = parseInstant('2027-01-26T03:00:00Z')
  const right = parseInstant('2026-01-24T03:00:00Z')
  for (const at of [right, wrong]) {
    const runId = `r${at}`
    journal.append({ type: 'run-began', at, runId, site: 'pi-hosting', components: ['foundry'], version: '0.1.0' })
    journal.append({ type: 'step-ended', at, runId, result: step(at, at === wrong ? 'wrong' : 'right') })
    if (at === wrong) continue
    const result = { runId, site: 'pi-hosting', outcome: 'done', beganAt: at, durationMs: 1000, healed: [], errors: [] } as const
    journal.append({ type: 'run-ended', at, runId, result })
  }
  const site = { name: 'pi-hosting', components: [component] } as unknown as Site
  const clock = fixedClock('2026-01-26T12:00:00Z')
  const report = status({ site, clock, journal, pointCache: openPointCache(temporaryFolder()) })
  expect(report.unfinishedSince).toBeUndefined()
  expect(report.components[0]).toMatchObject({ newestPoint: { id: 'right' }, outcomes: ['done'], healthy: false })
})
