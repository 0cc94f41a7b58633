import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { parseInstant } from '../../domain/clock.ts'
import type { Site } from '../../domain/site.ts'
import { openJournal } from '../../state/journal/journal.ts'
import { heartbeatChecks, readHeartbeat } from './watch-heartbeat.ts'

const site = {
  notify: [{ kind: 'discord', events: ['failure', 'heartbeat'] }],
  schedule: { heartbeat: 'weekly' },
} as unknown as Site

test('the last heartbeat that arrived is found once, then remembered; one that waits is none', () => {
  const journal = openJournal(temporaryFolder())
  const note = (time: string, outcome: 'delivered' | 'waits') =>
    journal.append({ type: 'notice', at: parseInstant(time), channel: 'discord', kind: 'heartbeat', outcome })
  note('2026-01-01T09:00:00Z', 'delivered')
  const first = parseInstant('2026-01-05T09:00:00Z')
  const seen = readHeartbeat(journal, first, undefined)
  expect(seen).toEqual({ lookedSince: first, lastAt: parseInstant('2026-01-01T09:00:00Z') })
  const later = parseInstant('2026-01-14T09:00:00Z')
  note('2026-01-08T09:00:00Z', 'waits')
  const then = readHeartbeat(journal, later, { at: first, heartbeat: seen })
  expect(then).toEqual(seen)
  expect(heartbeatChecks(site, then, later)).toMatchObject([{ error: { code: 'heartbeat-overdue' } }])
  note('2026-01-14T09:05:00Z', 'delivered')
  const now = parseInstant('2026-01-14T09:10:00Z')
  expect(heartbeatChecks(site, readHeartbeat(journal, now, { at: later, heartbeat: then }), now)).toEqual([
    { kind: 'heartbeat', component: undefined, said: 'sent 5m ago', seenAt: now },
  ])
})

test('nothing is expected where nobody would get it', () => {
  const now = parseInstant('2026-01-14T09:00:00Z')
  const sighting = { lookedSince: parseInstant('2025-01-01T00:00:00Z'), lastAt: undefined }
  expect(heartbeatChecks({ ...site, notify: [] }, sighting, now)).toEqual([])
  const failuresAlone = [{ kind: 'discord', name: undefined, events: ['failure'] }] as unknown as Site['notify']
  expect(heartbeatChecks({ ...site, notify: failuresAlone }, sighting, now)).toEqual([])
  expect(heartbeatChecks({ ...site, schedule: { ...site.schedule, heartbeat: 'never' } }, sighting, now)).toEqual([])
})

test('what was looked at while the clock was years ahead counts for nothing', () => {
  const now = parseInstant('2026-01-14T09:00:00Z')
  const ahead = parseInstant('2037-01-01T00:00:00Z')
  const heartbeat = { lookedSince: ahead, lastAt: ahead }
  expect(readHeartbeat(openJournal(temporaryFolder()), now, { at: ahead, heartbeat })).toEqual({
    lookedSince: now,
    lastAt: undefined,
  })
})
