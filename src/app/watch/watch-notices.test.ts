import { defined } from '../../domain/defined.ts'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, parseInstant } from '../../domain/clock.ts'
import type { Check } from '../../domain/evidence.ts'
import type { Findings } from '../../domain/finding.ts'
import type { Site } from '../../domain/site.ts'
import type { Incident } from '../../policy/incidents.ts'
import { writeNoticeState, type NoticeState } from '../../state/notice-state.ts'
import type { WatchContext } from './context.ts'
import { noticesCheck, tellOfWatch } from './watch-notices.ts'

const now = parseInstant('2026-01-26T03:00:00Z')
const minutesAgo = (minutes: number) => instant(now - minutes * 60_000)
const site = {
  notify: [
    { kind: 'discord', name: undefined, events: ['failure'] },
    { kind: 'webhook', name: 'home', events: ['failure'] },
    { kind: 'ping', name: undefined, signals: ['success'] },
  ],
} as unknown as Site
const nothing: NoticeState = { incidents: [], waiting: [], givenUp: [] }
const waits = (channel: string, minutes: number): NoticeState['waiting'][number] => ({
  id: `${minutes}`,
  channel,
  notice: { kind: 'failure', site: 'pi-hosting', at: minutesAgo(minutes) },
})

test('a channel that was given up, or takes nothing for an hour, is not well; a notice on its way is', () => {
  expect(noticesCheck(site, { ...nothing, waiting: [waits('discord', 50)] }, now, undefined)).toEqual([
    { kind: 'notices', component: undefined, said: 'every channel takes them', seenAt: now },
  ])
  const givenUp = [{ channel: 'discord', fingerprint: 'f', at: minutesAgo(300), reason: 'the webhook was deleted' }]
  expect(noticesCheck(site, { ...nothing, givenUp, waiting: [waits('webhook home', 70)] }, now, undefined)).toMatchObject([
    {
      since: minutesAgo(300),
      error: {
        code: 'notice-failed',
        message: 'discord was given up: the webhook was deleted; webhook home has taken nothing for 1h 10m',
      },
    },
  ])
})

test('a channel that is not in the configuration any more counts for nothing', () => {
  expect(noticesCheck({ ...site, notify: [] }, { ...nothing, waiting: [waits('discord', 500)] }, now, undefined)).toEqual([])
})

/** What a watch that made these checks reports, while these subjects are open. */
async function reported(checks: readonly Check[], open: readonly [subject: string, component?: string][]): Promise<Findings[]> {
  const folder = temporaryFolder()
  const folders = { stateDirectory: folder, runtimeDirectory: `${folder}/run` }
  const error = { code: 'loss-exceeded', message: 'words' } as const
  const times = { since: now, seenAt: now, toldAt: now, count: 1, toldCodes: [error.code] }
  const incidents = open.map(([subject, component]): Incident => ({
    subject,
    ...defined({ component }),
    ...times,
    error,
  }))
  writeNoticeState(folders, { ...nothing, incidents })
  const reports: Findings[] = []
  const notifier = {
    report: async (findings: Findings) => {
      reports.push(findings)
      return []
    },
  }
  await tellOfWatch({ ...folders, notifier: async () => notifier } as unknown as WatchContext, checks, now)
  return reports
}

const check = (kind: Check['kind'], component?: string): Check => ({ kind, component, said: 'words', seenAt: now })
const wrong = (kind: Check['kind'], component?: string): Check => ({
  ...check(kind, component),
  error: { code: 'postgres-down', message: 'no answer' },
})
const loss: [string, string] = ['watch/database/loss', 'database']

test('what was looked at and is well is over, also of a component that is gone', async () => {
  const checks = [check('archiving', 'database'), check('loss', 'database')]
  expect(await reported(checks, [loss, ['watch/old/points', 'old'], ['run/logs', 'logs']])).toEqual([
    { looked: ['watch/database/loss', 'watch/old/points'], found: [] },
  ])
})

test('what a server or a journal that does not answer would tell of is not over', async () => {
  const [unanswered] = await reported([wrong('archiving', 'database'), check('points', 'database')], [loss, ['watch/lock/other']])
  expect(unanswered?.looked).toEqual(['watch/lock/other'])
  const [unread] = await reported([wrong('journal'), check('clock')], [['watch/run'], ['watch/clock']])
  expect(unread?.looked).toEqual(['watch/clock'])
})

test('nobody is asked when there is nothing to tell', async () => {
  expect(await reported([check('clock')], [])).toEqual([])
})
