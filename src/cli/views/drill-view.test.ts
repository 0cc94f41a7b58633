import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import { instant, parseInstant, type Instant } from '../../domain/clock.ts'
import type { DrillEvent, DrillReport, DrillResult } from '../../domain/drill.ts'
import { DrillView } from './drill-view.ts'
import type { Terminal } from '../output/terminal.ts'

// The view shows the process's own zone, which is set to the site's.
beforeEach(() => void vi.stubEnv('TZ', 'Australia/Perth'))
afterEach(() => void vi.unstubAllEnvs())

const began = parseInstant('2026-01-31T21:00:00Z')
const after = (seconds: number): Instant => instant(began + seconds * 1000)

const database: DrillResult = {
  component: 'database',
  engine: 'pgbackrest',
  outcome: 'passed',
  beganAt: began,
  durationMs: 70_000,
  point: { id: '20260126-030004F_20260131-030002D', kind: 'differential', endedAt: parseInstant('2026-01-30T19:02:20Z') },
  recoveryMs: 61_000,
  lossMs: 240_000,
  sizeBytes: 1_620_000_000,
  assertions: [
    { what: 'all tables and indexes are sound', holds: true },
    { what: 'SELECT count(*) > 40 FROM users is t', holds: true },
  ],
  notes: [],
}

const uploads: DrillResult = {
  component: 'uploads',
  engine: 'restic',
  outcome: 'failed',
  beganAt: after(70),
  durationMs: 9_000_000,
  point: { id: '7be79a4b'.repeat(8), kind: 'snapshot', endedAt: parseInstant('2026-01-30T19:03:00Z') },
  recoveryMs: 9_000_000,
  sizeBytes: 4_000_000_000,
  assertions: [
    { what: 'all entries of the snapshot are there', holds: true },
    { what: '/srv/uploads/index.html exists', holds: false, said: 'it is not in the snapshot' },
  ],
  notes: ['device nodes cannot be made here'],
  error: { code: 'drill-failed', message: 'the drill of uploads failed', hint: 'see above' },
}

const report: DrillReport = {
  site: 'pi-hosting',
  outcome: 'failed',
  beganAt: began,
  durationMs: 9_070_000,
  healed: [],
  drills: [database, uploads],
  errors: [],
  notices: [{ channel: 'discord', outcome: 'delivered' }],
}

const events: readonly DrillEvent[] = [
  { type: 'drill-began', at: began, components: ['database', 'uploads'] },
  { type: 'drill-healed', at: began, what: 'cleared away what a killed drill had left' },
  { type: 'component-began', at: began, component: 'database' },
  { type: 'component-progress', at: after(10), component: 'database', progress: { doneBytes: 4, totalBytes: 8 } },
  { type: 'component-ended', at: after(70), result: database },
  { type: 'component-began', at: after(70), component: 'uploads' },
  { type: 'component-ended', at: after(9070), result: uploads },
  { type: 'drill-ended', at: after(9070), report },
]

/** What a terminal takes for: nothing from here on. */
const clear = '\u001b[J'

function shown({ interactive, columns }: Pick<Terminal, 'interactive' | 'columns'>, seen: readonly DrillEvent[]): string {
  const agreed = { rpo: 1_800_000, rto: 7_200_000 }
  const outlet = new CapturedOutlet(interactive ? { columns } : undefined)
  const view = new DrillView(outlet.results, 'pi-hosting', agreed)
  for (const event of seen) view.listen(event)
  return outlet.stdout
}

test('without a terminal, a component is written when it has ended, in one line and what goes with it', () => {
  expect(shown({ interactive: false, columns: 80 }, events)).toBe(`pi-hosting · drill  Sun 1 Feb 2026 05:00 +08:00

  ! cleared away what a killed drill had left
  ✓ database  differential 20260131-030002D of Sat 31 Jan 2026 03:02 +08:00 · 1.62 GB · back in 1m 1s of 2h · missing 4m of 30m · 2 of 2 as expected
  ✗ uploads   snapshot 7be79a4b of Sat 31 Jan 2026 03:03 +08:00 · 4.00 GB · back in 2h 30m of 2h · 1 of 2 as expected
              not so: /srv/uploads/index.html exists; it is not in the snapshot
              see above
              note: device nodes cannot be made here

  1 of 2 passed in 2h 31m · Discord told
`)
})

test('on a terminal it is drawn anew over itself, and broken between its parts where it is narrow', () => {
  const middle = shown({ interactive: true, columns: 80 }, events.slice(0, 6))
  const last = middle.slice(middle.lastIndexOf(clear) + clear.length)
  expect(last.replace(/[⠁-⣿]/, '*')).toBe(`  ✓ database  differential 20260131-030002D of Sat 31 Jan 2026 03:02 +08:00 ·
              1.62 GB · back in 1m 1s of 2h · missing 4m of 30m ·
              2 of 2 as expected
  * uploads   
`)
  // Over all lines that were drawn last, those that were broken too.
  const next = shown({ interactive: true, columns: 80 }, events.slice(0, 7))
  expect(next.slice(middle.length).split('✓ database')[0]).toBe(`\u001b[4A${clear}  `)
})
