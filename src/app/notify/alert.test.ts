import { describe, expect, it } from 'vitest'
import { instant, type Instant } from '../../domain/clock.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import type { UnitEnd } from '../../schedule/port.ts'
import { findingsOf, lookAtUnit, type AlertContext } from './alert.ts'

const unit = 'holdfast-pi-hosting-backup.service'
const began = instant(Date.UTC(2026, 0, 26, 3))
const later = (seconds: number): Instant => instant(began + seconds * 1000)

const failed: UnitEnd = {
  result: 'exit-code',
  how: 'exited',
  status: 1,
  beganAt: began,
  endedAt: later(60),
  limit: '1d',
  lines: ['error: the passphrase is wrong', 'hint:  find the right one'],
}

function contextOf(end: Partial<UnitEnd>, records: readonly JournalRecord[] = [], toldAt: Instant = began): AlertContext {
  return {
    scheduler: { lastEnd: () => Promise.resolve({ ...failed, ...end }) },
    journal: { newestFirst: () => records.values() },
    clock: { now: () => later(61) },
    hasToldSince: (since: Instant) => since < toldAt,
  } as unknown as AlertContext
}

const runEnded = (at: Instant): JournalRecord => ({ type: 'run-ended', at, runId: 'r', result: {} }) as unknown as JournalRecord

describe('an alert', () => {
  it('says nothing of a unit that went well, and ends what it said of it before', async () => {
    const report = await lookAtUnit(contextOf({ result: 'success', status: 0 }), unit)
    expect(findingsOf(report)).toEqual({ looked: [`unit/${unit}`], found: [] })
  })

  it.each([3, 4, 5])('leaves a verb alone that ended with %i: only one that told what it found does', async (status) => {
    expect(await lookAtUnit(contextOf({ status }), unit)).toMatchObject({ isToldAlready: true })
  })

  it('leaves a run alone that came to its end since it was started, whatever its exit code', async () => {
    expect(await lookAtUnit(contextOf({ status: 12 }, [runEnded(later(60))]), unit)).toMatchObject({ isToldAlready: true })
  })

  it('takes the end of a run for no sign that another unit has said anything', async () => {
    const drill = unit.replace('backup', 'drill')
    expect(await lookAtUnit(contextOf({ status: 1 }, [runEnded(later(60))]), drill)).toMatchObject({ isToldAlready: false })
  })

  it('tells of a run when the journal cannot be read', async () => {
    const context = contextOf({ status: 1 })
    const broken = {
      ...context,
      journal: {
        newestFirst: () => {
          throw new Error('input/output error')
        },
      },
    } as unknown as AlertContext
    expect(await lookAtUnit(broken, unit)).toMatchObject({ finding: { error: { code: 'unit-failed' } } })
  })

  it('leaves a run alone that could not begin and said so', async () => {
    expect(await lookAtUnit(contextOf({ status: 78 }, [], later(1)), unit)).toMatchObject({ isToldAlready: true })
  })

  it('tells of one that did not: the end of yesterday’s run is none of this one’s', async () => {
    const { finding } = await lookAtUnit(contextOf({ status: 12 }, [runEnded(later(-86_400))]), unit)
    expect(finding).toEqual({
      subject: `unit/${unit}`,
      component: undefined,
      since: later(60),
      error: {
        code: 'unit-failed',
        message: `${unit} ended with exit code 12: the passphrase is wrong`,
        hint: 'find the right one',
        detail: 'error: the passphrase is wrong\nhint:  find the right one',
      },
    })
  })

  it('tells of a run that ran out of time, even where it could still tell of being interrupted', async () => {
    const { finding } = await lookAtUnit(contextOf({ result: 'timeout', status: 130 }, [runEnded(later(60))]), unit)
    expect(finding?.error).toMatchObject({ code: 'timeout', message: `${unit} took longer than 1d and was stopped` })
  })

  it.each<[string, Partial<UnitEnd>]>([
    ['was killed by the kernel for want of memory', { result: 'oom-kill', how: 'killed', status: 9 }],
    ['was killed by SIGKILL', { result: 'signal', how: 'killed', status: 9 }],
    ['was killed by SIGABRT', { result: 'core-dump', how: 'dumped', status: 6 }],
    ['could not be started: its program is gone', { status: 203 }],
    ['ended with exit code 1', { lines: ['Segmentation fault'] }],
    ['could not be started (status 226)', { status: 226, lines: [] }],
    ['could not be started for want of resources', { result: 'resources', how: undefined, status: 0, beganAt: undefined }],
    ['was started too often in too short a time', { result: 'start-limit-hit', how: undefined, status: 0 }],
    ['failed (watchdog)', { result: 'watchdog', how: 'killed', status: 6 }],
  ])('says that it %s', async (words, end) => {
    expect((await lookAtUnit(contextOf(end), unit)).finding?.error.message).toBe(`${unit} ${words}`)
  })
})
