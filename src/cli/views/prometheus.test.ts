import { expect, test } from 'vitest'
import type { ComponentStatus, StatusReport } from '../../contract/status.ts'
import { instant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import { prometheusText } from './prometheus.ts'

const at = instant(Date.UTC(2026, 0, 26))

const component: ComponentStatus = {
  component: 'database',
  engine: 'pgbackrest',
  newestPoint: { id: 'one', at },
  ageMs: 0,
  windows: undefined,
  unreachable: undefined,
  askedAt: at,
  lossMs: 240_500,
  lossLimitMs: 1_800_000,
  recovery: undefined,
  drill: { at, outcome: 'failed', lossMs: 61_000 },
  sourceBytes: 1_620_000_000,
  repositoryBytes: undefined,
  addedPerDayBytes: 46_000_000,
  ratio: 12.5,
  lastStep: { beganAt: at, durationMs: 138_000, outcome: 'done' } as StepResult,
  pins: [],
  outcomes: [],
  days: [{ date: '2026-01-25' }, { date: '2026-01-26', outcome: 'done' }],
  retentionLeft: undefined,
  healthy: true,
  checks: [],
  staleness: undefined,
}

const report: StatusReport = {
  site: 'pi "hosting"\\',
  at,
  components: [component, { ...component, component: 'logs', healthy: false, lossMs: undefined }],
  unfinishedSince: undefined,
  rtoMs: 7_200_000,
  nextBackupAt: at,
  nextDrillAt: at,
  watch: { at, archiving: [{ component: 'database', said: '', waitingSegments: 0, lastArchivedAt: at }], findings: [] },
  notices: { waiting: 0, waitingSince: undefined, open: [], givenUp: [] },
}

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * The text format, version 0.0.4, read as strictly as its page has it, and the conventions that `promtool check metrics` asks for.
 * What is wrong with a line stands in `faults`.
 */
function read(text: string): { samples: Sample[]; faults: string[] } {
  const samples: Sample[] = []
  const faults: string[] = []
  const seen = new Set<string>()
  let family = ''
  for (const [index, line] of text.split('\n').entries()) {
    const fault = (what: string, isSo: boolean) => void (isSo && faults.push(`${what}: line ${index + 1}, ${line}`))
    const [, kind, of = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') {
      fault('a family comes twice', seen.has(of))
      fault('no sentence', !rest.endsWith('.'))
      fault('no base unit', /milliseconds|minutes|hours|days|kilobytes|percent/.test(of))
      fault('a gauge with the name of a counter', /_(total|sum|count|bucket)$/.test(of))
      seen.add(of)
      family = of
    } else if (kind === 'TYPE') {
      fault('a type without its help', of !== family || rest !== 'gauge')
    } else if (line !== '') {
      const [, name = '', inner = '', number = ''] =
        /^([a-z][a-z0-9_]*)\{(.*)\} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line) ?? []
      fault('no sample of its family', name !== family)
      const labels = [...inner.matchAll(/([a-z][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/g)]
      fault('no labels', labels.map(([label]) => label).join('') !== inner)
      samples.push({
        name,
        labels: Object.fromEntries(labels.map(([, key = '', value = '']) => [key, value])),
        value: Number(number),
      })
    }
  }
  return { samples, faults: text.endsWith('\n') ? faults : [...faults, 'no end of the last line'] }
}

test('every line is what Prometheus reads, with a help and a type before it', () => {
  const { samples, faults } = read(prometheusText(report))
  expect(faults).toEqual([])
  const valueOf = (name: string, of?: string) =>
    samples.find((one) => one.name === `holdfast_${name}` && one.labels['component'] === of)?.value
  expect(valueOf('component_healthy', 'database')).toBe(1)
  expect(valueOf('component_healthy', 'logs')).toBe(0)
  expect(valueOf('component_possible_loss_seconds', 'database')).toBe(240.5)
  expect(valueOf('component_newest_restore_point_timestamp_seconds', 'database')).toBe(at / 1000)
  expect(valueOf('component_last_run_duration_seconds', 'database')).toBe(138)
  expect(valueOf('component_daily_success_ratio', 'database')).toBe(0.5)
  expect(valueOf('wal_waiting_segments', 'database')).toBe(0)
  expect(valueOf('agreed_outage_seconds')).toBe(7200)
  expect(samples[0]?.labels['site']).toBe(String.raw`pi \"hosting\"\\`)
})

test('what is not known has no sample, and what nothing is known of no family', () => {
  const text = prometheusText(report)
  expect(text).not.toContain('possible_loss_seconds{site="pi \\"hosting\\"\\\\",component="logs"}')
  expect(text).not.toContain('repository_size_bytes')
  expect(text).not.toMatch(/NaN|undefined/)
})
