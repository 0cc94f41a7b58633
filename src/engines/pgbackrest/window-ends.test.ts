import { expect, test } from 'vitest'
import { instant, parseInstant } from '../../domain/clock.ts'
import { withTrueEnds } from './window-ends.ts'
import type { ListedWindow } from './windows.ts'

const backupEnd = parseInstant('2026-01-26T03:00:10Z')
const archivedAt = parseInstant('2026-01-26T12:00:00Z')

const listed: ListedWindow = {
  from: backupEnd,
  to: backupEnd,
  archivedAt,
  points: ['A'],
  timeline: 1,
  lastWal: '000000010000000000000006',
  brokenAfter: false,
  archive: '15-1',
  tail: ['6.lz4', '5.zst', '4.gz'],
}

/** Asks for the ends, and gives back the files that were fetched for it. */
async function fetchedFor(known: Parameters<typeof withTrueEnds>[1], content = Buffer.from('damaged')) {
  const fetched: string[] = []
  const [window] = await withTrueEnds([listed], known, async (path) => {
    fetched.push(path)
    return content
  })
  return { window, fetched }
}

test('WAL that cannot be read promises nothing: the end of the newest backup stays the end', async () => {
  const { window, fetched } = await fetchedFor([])
  expect(fetched).toEqual(['6.lz4', '5.zst', '4.gz'])
  expect(window).toMatchObject({ to: backupEnd, archivedAt })
  expect(window).not.toHaveProperty('tail')
})

test('WAL that was looked into is not fetched again', async () => {
  const to = instant(backupEnd + 60_000)
  const { window, fetched } = await fetchedFor([{ ...listed, to }])
  expect([window?.to, fetched]).toEqual([to, []])
})

test('what was reached once is reached still, as long as the window has not shrunk', async () => {
  const to = instant(backupEnd + 60_000)
  const shorter = await fetchedFor([{ ...listed, to, lastWal: '000000010000000000000005' }])
  expect([shorter.window?.to, shorter.fetched.length]).toEqual([to, 3])
  const longer = await fetchedFor([{ ...listed, to, lastWal: '000000010000000000000007' }])
  expect(longer.window?.to).toBe(backupEnd)
  const other = await fetchedFor([{ ...listed, to, points: ['B'] }])
  expect(other.window?.to).toBe(backupEnd)
})
