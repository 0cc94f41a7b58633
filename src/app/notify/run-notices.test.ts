import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeMachine } from '../../../test/support/fake-machine.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { StepOutcome, StepResult } from '../../domain/events.ts'
import type { Findings } from '../../domain/finding.ts'
import type { Delivery } from '../../domain/notice.ts'
import { writeWatch } from '../../state/watch-memory.ts'
import type { AppContext } from '../site/context.ts'
import { runNotices, tellUnbegun } from './run-notices.ts'

const step = (component: string, outcome: StepOutcome): StepResult => ({
  component,
  engine: 'restic',
  outcome,
  from: [],
  to: '/mnt/backup',
  beganAt: instant(1000),
  durationMs: 500,
  attempts: 1,
  healed: [],
  warnings: [],
  errors: outcome === 'done' ? [] : [{ code: 'source-missing', message: 'it is missing' }],
  sources: [],
})

const now = 1_800_000_000_000

/** Notes what it is told; the first report is on its way until it is let go. */
function listening(unusable: readonly Delivery[] = []) {
  const reports: Findings[] = []
  const pings: string[] = []
  let letGo: () => void = () => undefined
  const first = new Promise<void>((resolve) => (letGo = resolve))
  const notifier = {
    unusable,
    report: async (findings: Findings) => {
      reports.push(findings)
      if (reports.length === 1) await first
      return [{ channel: 'discord', outcome: 'delivered' }]
    },
    ping: async (signal: string) => {
      pings.push(signal)
      return [{ channel: 'ping', outcome: 'delivered' }]
    },
  }
  const folder = temporaryFolder()
  const site = { name: 'pi-hosting', components: ['a', 'b'].map((name) => ({ name })) }
  const folders = { stateDirectory: folder, runtimeDirectory: folder }
  const context = {
    notifier,
    clock: { now: () => instant(now) },
    machine: fakeMachine(),
    site,
    ...folders,
  } as unknown as AppContext
  return { context, reports, pings, letGo }
}

const ended = { errors: [], steps: [], retention: [], isInterrupted: false, isDone: true }
const subjects = ({ found }: Findings): string[] => found.map(({ subject }) => subject)

describe('a run', () => {
  it('tells a step that fails at once, and what fails meanwhile in one more message', async () => {
    const { context, reports, letGo } = listening()
    const notices = runNotices(context, 'r1')
    const steps = [step('a', 'failed'), step('b', 'failed'), step('c', 'partial'), step('d', 'done')]
    notices.stepEnded(steps[0] as StepResult, ['b', 'c', 'd'])
    await Promise.resolve()
    for (const one of steps.slice(1)) notices.stepEnded(one, ['d'])
    letGo()
    await notices.ended({ ...ended, steps, isDone: false })
    expect(reports.map(subjects)).toEqual([['run/a'], ['run/b', 'run/c'], []])
    expect(reports[0]).toMatchObject({ looked: ['run/a'], pending: ['b', 'c', 'd'], found: [{ since: 1500 }] })
    expect(reports[2]?.looked).toEqual(['site/begin', 'site/run', 'site/watch', 'run/d'])
  })

  it('tells what retention refused and what went wrong with itself, and closes what it looked at', async () => {
    const { context, reports, letGo } = listening()
    letGo()
    const retained = { removed: [], durationMs: 1 }
    const error = { code: 'removal-large' as const, message: 'too many' }
    await runNotices(context, 'r1').ended({
      ...ended,
      errors: [{ code: 'repository-missing', message: 'the recovery kit was not refreshed' }],
      retention: [
        { component: 'a', outcome: 'refused', error, ...retained },
        { component: 'b', outcome: 'done', ...retained },
        { component: 'c', outcome: 'interrupted', ...retained },
      ],
    })
    expect(reports.map(subjects)).toEqual([['retention/a', 'site/run']])
    expect(reports[0]?.looked).toEqual(['site/begin', 'site/run', 'site/watch', 'retention/a', 'retention/b'])
  })

  it('that is interrupted finds nothing and ends nothing that it did not do', async () => {
    const { context, reports, pings, letGo } = listening()
    letGo()
    const notices = runNotices(context, 'r1')
    const steps = [step('a', 'interrupted')]
    notices.stepEnded(steps[0] as StepResult, ['b'])
    await notices.ended({ ...ended, steps, isInterrupted: true, isDone: false })
    expect(reports).toEqual([{ looked: ['site/begin'], found: [] }])
    expect(pings).toEqual(['start'])
  })

  it.each([
    ['of everything', ['a', 'b'], true, ['start', 'success']],
    ['that failed', ['a', 'b'], false, ['start', 'fail']],
    ['of one component, after which others may still be failing', ['b'], true, ['start']],
    ['of one component that failed', ['b'], false, ['start', 'fail']],
  ])('%s tells a dead man’s switch so', async (_, components, isDone, told) => {
    const { context, pings, letGo } = listening()
    letGo()
    const steps = components.map((component) => step(component, isDone ? 'done' : 'failed'))
    await runNotices(context, 'r1').ended({ ...ended, steps, isDone })
    expect(pings).toEqual(told)
  })

  it('tells that nobody watches any more, where somebody did', async () => {
    const { context, reports, letGo } = listening()
    letGo()
    const watchedAt = (ms: number) => {
      const at = instant(ms)
      const clock = { at, bootId: 'this one', uptimeMs: 1, jumpedMs: 0, jumpedAt: undefined }
      writeWatch({ ...context, runtimeDirectory: join(context.stateDirectory, 'run') }, { at, clock, checks: [], databases: {} })
    }
    watchedAt(now - 25 * 3_600_000)
    await runNotices(context, 'r1').ended(ended)
    watchedAt(now - 27 * 3_600_000)
    await runNotices(context, 'r2').ended(ended)
    // It was off until an hour ago.
    await runNotices({ ...context, machine: fakeMachine({ boot: { uptimeMs: 3_600_000 } }) }, 'r3').ended(ended)
    expect(reports.map(({ found }) => found.map(({ error }) => error.code))).toEqual([[], ['watch-silent'], []])
  })

  it('says of each channel how it took the last, also of one that has no address', async () => {
    const { context, letGo } = listening([{ channel: 'webhook', outcome: 'given-up', reason: 'no address' }])
    letGo()
    expect(await runNotices(context, 'r1').ended(ended)).toEqual([
      { channel: 'webhook', outcome: 'given-up', reason: 'no address' },
      { channel: 'discord', outcome: 'delivered' },
    ])
  })
})

it.each([
  ['storage-full', ['site/begin']],
  ['site-taken', ['site/begin']],
  ['usage', undefined],
  ['locked', undefined],
  ['interrupted', undefined],
] as const)('a run that could not begin for %s is reported, or not', async (code, found) => {
  const { context, reports, pings, letGo } = listening()
  letGo()
  await tellUnbegun(context, new HoldfastError(code, 'words'), false)
  expect(reports.map(subjects)[0]).toEqual(found)
  expect(pings).toEqual(found === undefined ? [] : ['fail'])
})

it('a run that could not begin is reported to nobody when nobody is known, or somebody has read it at the terminal', async () => {
  const { context, reports, letGo } = listening()
  letGo()
  await tellUnbegun(undefined, new HoldfastError('storage-full', 'words'), false)
  await tellUnbegun(context, new HoldfastError('storage-full', 'words'), true)
  expect(reports).toEqual([])
})
