import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { locations } from '../../../test/support/locations.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, parseInstant, systemClock, type Instant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import type { StepResult } from '../../domain/events.ts'
import type { Component, Site } from '../../domain/site.ts'
import { openJournal } from '../../state/journal/journal.ts'
import { createMachine } from '../../machine/linux.ts'
import { createLocalPlace } from '../../places/local.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import type { RecentHistory } from '../evidence/recent-history.ts'
import { newestTrace } from '../evidence/recent-history.ts'
import { lockChecks, runCheck } from './watch-machine.ts'

const component: Component = {
  name: 'foundry',
  source: { kind: 'files', paths: ['/srv/foundry'], exclude: [], oneFileSystem: false },
  location: locations['a directory'],
  retention: 'forever',
  deadline: duration(5, 'h'),
}

const machine = createMachine({ clock: systemClock, own: [] })

const hour = 3_600_000

function history(unfinishedAt: Instant | undefined, tookHours?: number): () => RecentHistory {
  const steps = tookHours === undefined ? [] : [{ outcome: 'done', durationMs: tookHours * hour } as StepResult]
  const own = { steps, restored: [], drilled: undefined, retentionLeft: undefined }
  const unfinished = unfinishedAt === undefined ? undefined : { runId: 'r1', at: unfinishedAt }
  return () => ({ unfinished, stopped: undefined, components: new Map([['foundry', own]]) })
}

/** A lock that this process holds, with the file that tells so. */
async function heldLock(): Promise<string> {
  const file = join(temporaryFolder(), 'lock')
  const end = new AbortController()
  let began = (): void => undefined
  const isHeld = new Promise<void>((resolve) => (began = resolve))
  const options = { place: createLocalPlace(), clock: systemClock, signal: end.signal, file, verb: 'backup', waitMs: 0 }
  const holding = withSiteLock({ ...options, onWait: () => undefined }, async () => {
    began()
    await new Promise((resolve) => end.signal.addEventListener('abort', resolve))
  })
  onTestFinished(async () => {
    end.abort()
    await holding
  })
  await isHeld
  return file
}

test('a run at work is well, until it takes three times as long as the longest that went well', async () => {
  const file = await heldLock()
  const began = systemClock.now()
  const at = (hours: number) => instant(began + hours * hour)
  expect(runCheck(file, [component], history(began, 2), at(1)).error).toBeUndefined()
  expect(runCheck(file, [component], history(began, 2), at(5.9)).error).toBeUndefined()
  expect(runCheck(file, [component], history(began, 2), at(6.1)).error).toMatchObject({ code: 'run-hangs' })
  // Short ones have three hours, and what never went well has as long as it may take.
  expect(runCheck(file, [component], history(began, 0.1), at(2.9)).error).toBeUndefined()
  expect(runCheck(file, [component], history(began, 0.1), at(3.1)).error).toMatchObject({ code: 'run-hangs' })
  expect(runCheck(file, [component], history(began), at(4.9)).error).toBeUndefined()
  expect(runCheck(file, [component], history(began), at(5.1)).error).toMatchObject({ code: 'run-hangs' })
})

test('a run without an end that nobody is at was killed, also when its process number is another process’s now', () => {
  const file = join(temporaryFolder(), 'lock')
  const began = parseInstant('2026-01-26T03:00:00Z')
  const now = parseInstant('2026-01-26T03:05:00Z')
  writeFileSync(file, JSON.stringify({ pid: process.pid, verb: 'backup', since: '2026-01-26T03:00:00Z' }))
  expect(runCheck(file, [component], history(began), now)).toMatchObject({ since: began, error: { code: 'run-killed' } })
  expect(runCheck(file, [component], history(undefined), now).error).toBeUndefined()
  // It came to its end while it was being looked at.
  const ending = [history(began)(), history(undefined)()]
  expect(runCheck(file, [component], () => ending.shift() as RecentHistory, now).error).toBeUndefined()
})

test('a run that a signal stopped is not well until the next; one that somebody stopped with Ctrl-C is', () => {
  const file = join(temporaryFolder(), 'lock')
  const at = parseInstant('2026-01-26T03:00:00Z')
  const now = parseInstant('2026-01-26T03:05:00Z')
  const stopped = (by: string) => () => ({ ...history(undefined)(), stopped: { at, by } })
  const [{ since, error }] = [runCheck(file, [component], stopped('SIGTERM'), now)]
  expect({ since, ...error }).toMatchObject({
    since: at,
    code: 'run-killed',
    message: 'the run of 2026-01-26T03:00Z was stopped by SIGTERM before its end',
  })
  expect(runCheck(file, [component], stopped('SIGINT'), now).error).toBeUndefined()
})

test('a run that begins while another one’s end is looked for was not killed', async () => {
  const file = await heldLock()
  const holder = readFileSync(file, 'utf8')
  writeFileSync(file, JSON.stringify({ pid: process.pid, verb: 'backup', since: 'unknown' }))
  const began = systemClock.now()
  let looks = 0
  const read = () => {
    looks += 1
    if (looks === 2) writeFileSync(file, holder)
    return history(began)()
  }
  expect(runCheck(file, [component], read, began).error).toBeUndefined()
  expect(looks).toBe(2)
})

test('pgBackRest that was told to stop is not well', async () => {
  const state = temporaryFolder()
  const source = { kind: 'postgres', dataDirectory: '/srv/data' } as Component['source']
  const site = {
    file: '/etc/holdfast/holdfast.yaml',
    components: [{ ...component, name: 'database', source }],
  } as unknown as Site
  const now = systemClock.now()
  expect(await lockChecks(machine, site, state, now)).toMatchObject([
    { component: 'database', said: 'pgBackRest is not stopped' },
  ])
  const locks = join(state, 'pgbackrest/database/lock')
  mkdirSync(locks, { recursive: true })
  writeFileSync(join(locks, 'database.stop'), '')
  const [check] = await lockChecks(machine, site, state, now)
  expect(check?.error).toMatchObject({ code: 'lock-stale' })
  expect(check?.error?.hint).toContain('--config=/etc/holdfast/pgbackrest/database.conf --stanza=database start')
})

test('the newest trace may be of the future, and counts until a person has said that the clock is right', () => {
  const journal = openJournal(temporaryFolder())
  const [past, future] = [parseInstant('2026-01-26T03:00:00Z'), parseInstant('2027-01-26T03:00:00Z')]
  const run = { type: 'run-began', site: 'pi-hosting', components: ['foundry'], version: '0.1.0' } as const
  for (const at of [past, future]) journal.append({ ...run, at, runId: `${at}` })
  const now = parseInstant('2026-01-27T03:00:00Z')
  expect(newestTrace(journal, now)).toBe(future)
  journal.append({ type: 'clock-confirmed', at: parseInstant('2026-01-26T04:00:00Z'), newestTrace: future })
  expect(newestTrace(journal, now)).toBeUndefined()
  // It is not forgotten with the next night.
  journal.append({ ...run, at: parseInstant('2026-01-27T03:00:00Z'), runId: 'next' })
  expect(newestTrace(journal, parseInstant('2026-01-28T03:00:00Z'))).toBeUndefined()
})
