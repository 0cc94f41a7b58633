import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import { instant, parseInstant, type Instant } from '../../domain/clock.ts'
import type { RetentionResult, RunEvent, RunOutcome, RunResult, StepResult } from '../../domain/events.ts'
import { RunView, ratioOf, stepLines, whereLines } from './run-view.ts'
import type { Terminal } from '../output/terminal.ts'

// The view shows the process's own zone, which is set to the site's.
beforeEach(() => void vi.stubEnv('TZ', 'Australia/Perth'))
afterEach(() => void vi.unstubAllEnvs())

const plain: Terminal = { interactive: false, columns: 100, paint: (_style, text) => text }
const began = parseInstant('2026-01-25T19:00:00Z')
const after = (seconds: number): Instant => instant(began + seconds * 1000)

function step(component: string, more: Partial<StepResult> = {}): StepResult {
  return {
    component,
    engine: 'restic',
    outcome: 'done',
    from: [`/srv/${component}`],
    to: `/mnt/backup/pi-hosting/${component}`,
    beganAt: began,
    durationMs: 12_000,
    attempts: 1,
    healed: [],
    warnings: [],
    errors: [],
    sources: [],
    ...more,
  }
}

const database = step('database', {
  engine: 'pgbackrest',
  processedBytes: 1_620_000_000,
  addedBytes: 41_200_000,
  durationMs: 138_000,
  point: { id: '20260126-030004F_20260127-030002D', kind: 'differential' },
  warnings: ['WAL is missing between 20260125-030004F and 20260126-030004F: the time between them cannot be restored'],
})
const foundry = step('foundry', {
  processedBytes: 4_010_000_000,
  addedBytes: 3_100_000,
  point: { id: '7be79a4b'.padEnd(64, '0'), kind: 'snapshot' },
  healed: ['removed 1 stale lock of restic'],
})
const uploads = step('uploads', {
  outcome: 'partial',
  processedBytes: 1000,
  addedBytes: 1000,
  point: { id: 'c01d3e9a'.padEnd(64, '0'), kind: 'snapshot' },
  pin: { reason: 'before upgrade to 16', keptBytes: 1_200_000_000, monthlyPrice: { currency: 'AUD', amount: 0.05 } },
  errors: [
    {
      code: 'source-unreadable',
      message: '/srv/uploads/x\x1b[2J could not be read: permission denied',
      hint: 'make it readable',
    },
  ],
})
const logs = step('logs', {
  outcome: 'failed',
  errors: [
    { code: 'source-missing', message: '/srv/logs/nginx is missing', hint: 'is the volume mounted?', detail: 'not shown here' },
  ],
})
const configs = step('configs', { outcome: 'interrupted' })

function run(outcome: RunOutcome, steps: readonly StepResult[]): RunResult {
  return { runId: 'r1', site: 'pi-hosting', outcome, beganAt: began, durationMs: 171_000, healed: [], errors: [], steps }
}

/** Everything that a view writes while it hears of these events. */
function shown(events: readonly RunEvent[], terminal = plain): string {
  const outlet = new CapturedOutlet(terminal.interactive ? terminal : undefined)
  const view = new RunView(outlet.results, 'pi-hosting')
  for (const event of events) view.listen(event)
  return outlet.stdout
}

function eventsOf(result: RunResult): RunEvent[] {
  const components = result.steps.map(({ component }) => component)
  return [
    { type: 'run-began', at: began, runId: 'r1', components },
    ...result.steps.flatMap((one): RunEvent[] => [
      { type: 'step-began', at: began, component: one.component },
      { type: 'step-progress', at: after(1), component: one.component, progress: { doneBytes: 5, current: 'some/file.txt' } },
      { type: 'step-ended', at: after(2), result: one },
    ]),
    { type: 'run-ended', at: after(171), result },
  ]
}

describe('a run that nobody watches', () => {
  test('is told step by step, with every cause and remedy, as in the golden file', async () => {
    const retention: RetentionResult[] = [
      { component: 'database', outcome: 'done', removed: [{ point: 'one', reason: 'old' }], kept: 43, durationMs: 2100 },
      { component: 'foundry', outcome: 'done', removed: [], kept: 43, durationMs: 2100 },
      {
        component: 'uploads',
        outcome: 'refused',
        removed: [],
        kept: 90,
        durationMs: 100,
        error: { code: 'removal-large', message: '60 of 90 would go', hint: 'look at holdfast retention plan' },
      },
    ]
    const all = { ...run('partial', [database, foundry, uploads, logs, configs]), retention }
    const [first, ...others] = eventsOf(all)
    const between: RunEvent[] = [
      { type: 'run-healed', at: began, what: 'the run of 2026-01-24T19:00:00Z was killed before its end' },
      {
        type: 'step-retries',
        at: began,
        component: 'database',
        error: { code: 'storage-unreachable', message: 'the storage does not answer' },
        waitMs: 2000,
      },
    ]
    const waiting: RunEvent = { type: 'run-waits', at: began, holder: 'restore, process 12' }
    const text = shown([waiting, ...(first === undefined ? [] : [first]), ...between, ...others])
    await expect(`${text}\n${whereLines(all).join('\n')}\n`).toMatchFileSnapshot('../../../test/golden/run.txt')
  })

  test.each([
    ['done', '  2 of 2 done in 2m 51s'],
    ['failed', '  2 of 2 done in 2m 51s'],
    ['interrupted', '  interrupted: 2 of 2 done in 2m 51s; what was finished is kept, the next run goes on'],
  ] as const)('ends with one line that sums it up: %s', (outcome, line) => {
    expect(
      shown(eventsOf(run(outcome, [foundry, database])))
        .trimEnd()
        .split('\n')
        .at(-1),
    ).toBe(line)
  })
})

test('what went wrong with the run itself is told before its sum', () => {
  const errors = [{ code: 'storage-full', message: 'the journal could not be written: ENOSPC', hint: 'free some space' }] as const
  expect(shown(eventsOf({ ...run('partial', [foundry]), errors }))).toContain(
    '\n  ✗ the journal could not be written: ENOSPC\n    free some space\n  1 of 1 done in 2m 51s\n',
  )
})

describe('a run that somebody watches', () => {
  const terminal: Terminal = { ...plain, interactive: true, columns: 200 }
  const [line] = stepLines(foundry, plain, 7)

  test('is drawn over what was drawn before, so that each component has one place', () => {
    const screen = screenAfter(shown(eventsOf(run('done', [foundry, database])), terminal))
    expect(screen).toEqual([
      'pi-hosting · backup  Mon 26 Jan 2026 03:00 +08:00',
      '',
      ...stepLines(foundry, plain, 8),
      ...stepLines(database, plain, 8),
      '',
      '  2 of 2 done in 2m 51s',
    ])
  })

  test('shows what is done, what goes on and what is to come', () => {
    const events = eventsOf(run('done', [foundry, step('logs'), step('configs')])).slice(0, 6)
    const screen = screenAfter(shown(events.slice(0, 5), terminal))
    expect(screen[2]).toBe(line)
    expect(screen.slice(4)).toEqual([expect.stringMatching(/^ {2}[⠀-⣿] logs {5}$/u) as string, '  · configs'])
  })

  test('finds its place again after a line that was longer than the terminal is wide', () => {
    const narrow: Terminal = { ...terminal, columns: 40 }
    const text = shown(eventsOf(run('done', [foundry, database])), narrow)
    expect(screenAfter(text, 40).join('').split('2 of 2 done')).toHaveLength(2)
    expect(screenAfter(text, 40).join('').split('7be79a4b')).toHaveLength(2)
  })

  /** What a terminal of so many columns shows after a text with the two movements that we use: up, and clear to the end. */
  function screenAfter(text: string, width = terminal.columns): string[] {
    const lines: string[] = ['']
    let row = 0
    const escape = '\u001b'
    for (const [piece] of text.matchAll(new RegExp(`${escape}\\[\\d*[AJ]|\\n|[^${escape}\\n]+`, 'g'))) {
      if (piece.startsWith(escape) && piece.endsWith('A')) row -= Number.parseInt(piece.slice(2), 10)
      else if (piece === `${escape}[J`) lines.splice(row, Infinity, '')
      else if (piece === '\n') row += 1
      else {
        for (let at = 0; at < piece.length; at += width) {
          if (at > 0) row += 1
          lines[row] = piece.slice(at, at + width)
        }
      }
      lines[row] ??= ''
    }
    return lines.slice(0, -1)
  }
})

describe('what deduplication and compression saved', () => {
  test('is the data processed against the data added', () => {
    expect(ratioOf(step('x', { processedBytes: 3000, addedBytes: 1000 }))).toBe(3)
  })

  test.each([{}, { processedBytes: 0, addedBytes: 5 }, { processedBytes: 5, addedBytes: 0 }])('is unknown of %j', (sizes) => {
    expect(ratioOf(step('x', sizes))).toBeUndefined()
  })

  test.each([
    [1040, ''],
    [1100, ' · 1.1x smaller'],
    [9990, ' · 10.0x smaller'],
    [1_290_400, ' · 1,290x smaller'],
  ])('is told only where it is worth a word: %d bytes of which 1000 were new', (processedBytes, text) => {
    const [head = ''] = stepLines({ ...foundry, processedBytes, addedBytes: 1000 }, plain, 7)
    expect(head.slice(head.indexOf('7be79a4b') + 8)).toBe(text)
  })
})
