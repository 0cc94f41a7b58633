import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '../../domain/clock.ts'
import type { RepositoryFile, StanzaInfo } from './answers.ts'
import { reachOf } from './windows.ts'

const mebibyte = 2 ** 20
const usual = 16 * mebibyte
const logBytes = 2 ** 32
const beginning = 1_767_225_600

/** A segment of WAL is archived each minute: the one at a position ends in that minute. */
const archivedAt = (position: number): Instant => instant((beginning + position * 60) * 1000)

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')

function segmentName(position: number, segmentBytes = usual, timeline = 1): string {
  const perLog = logBytes / segmentBytes
  return hex(timeline) + hex(Math.floor(position / perLog)) + hex(position % perLog)
}

function archived(names: readonly string[], positions: readonly number[], id = '15-1'): RepositoryFile[] {
  return names.map((name, index) => ({
    path: `${id}/${name.slice(0, 16)}/${name}-99eb470e04eb0d7adf7d275b15f3e05631764a49.zst`,
    sizeBytes: 768,
    changedAt: archivedAt(positions[index] ?? 0),
  }))
}

/** Segments from one position up to another, the missing ones left out. */
function segments(
  from: number,
  to: number,
  { missing = [] as readonly number[], segmentBytes = usual, timeline = 1, id = '15-1' } = {},
): RepositoryFile[] {
  const all = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  const positions = all.filter((position) => !missing.includes(position))
  return archived(
    positions.map((position) => segmentName(position, segmentBytes, timeline)),
    positions,
    id,
  )
}

type Backup = StanzaInfo['backup'][number]

/** A backup that needs the segments from one position to another, and was done half a minute before the last was archived. */
function backup(label: string, from: number, to: number, { segmentBytes = usual, timeline = 1, database = 1 } = {}): Backup {
  const byte = from * segmentBytes + 40
  return {
    label,
    type: 'full',
    archive: { start: segmentName(from, segmentBytes, timeline), stop: segmentName(to, segmentBytes, timeline) },
    database: { id: database },
    info: { size: 1, delta: 1, repository: { delta: 1 } },
    lsn: { start: `${Math.floor(byte / logBytes).toString(16)}/${(byte % logBytes).toString(16).toUpperCase()}` },
    timestamp: { start: beginning + from * 60 - 30, stop: beginning + to * 60 - 30 },
  }
}

function stanza(backups: readonly Backup[], databases: readonly (readonly [number, string])[] = [[1, '15']]): StanzaInfo {
  return {
    backup: [...backups],
    db: databases.map(([id, version]) => ({ id, version, 'system-id': String(id) })),
    status: { code: 0, message: 'ok' },
  }
}

const windowsOf = (info: StanzaInfo, archive: readonly RepositoryFile[]) => reachOf(info, archive).windows

/** Windows without what recovery needs to know of them. */
function recoveryWindows(info: StanzaInfo, archive: readonly RepositoryFile[]) {
  return windowsOf(info, archive).map(({ from, archivedAt: last, points }) => ({ from, archivedAt: last, points }))
}

/** The history of a timeline, archived when it began. */
const history = (timeline: number, position: number, id = '15-1'): RepositoryFile => ({
  path: `${id}/${hex(timeline)}.history`,
  sizeBytes: 40,
  changedAt: archivedAt(position),
})

/** The first second after a backup that needs the segments up to a position. */
const doneAfter = (position: number): Instant => instant((beginning + position * 60 - 29) * 1000)

describe('recovery windows', () => {
  test('are none without a backup, whatever WAL there is', () => {
    expect(recoveryWindows(stanza([]), segments(1, 50))).toEqual([])
  })

  test('are none without WAL, whatever backup there is', () => {
    expect(recoveryWindows(stanza([backup('A', 3, 4)]), [])).toEqual([])
  })

  test('begin when the backup was done, and end when the last segment was archived', () => {
    expect(recoveryWindows(stanza([backup('A', 3, 4)]), segments(1, 20))).toEqual([
      { from: doneAfter(4), archivedAt: archivedAt(20), points: ['A'] },
    ])
  })

  test('are one for all backups that WAL connects, in whichever order they are listed', () => {
    const info = stanza([backup('C', 15, 15), backup('A', 3, 4), backup('B', 9, 9)])
    expect(recoveryWindows(info, segments(1, 20))).toEqual([
      { from: doneAfter(4), archivedAt: archivedAt(20), points: ['A', 'B', 'C'] },
    ])
  })

  test('end at a gap, and begin again with the next backup', () => {
    const info = stanza([backup('A', 3, 4), backup('B', 12, 13)])
    expect(recoveryWindows(info, segments(1, 20, { missing: [8, 9] }))).toEqual([
      { from: doneAfter(4), archivedAt: archivedAt(7), points: ['A'] },
      { from: doneAfter(13), archivedAt: archivedAt(20), points: ['B'] },
    ])
  })

  test('do not begin again after a gap without a backup', () => {
    expect(recoveryWindows(stanza([backup('A', 3, 4)]), segments(1, 20, { missing: [8] }))).toEqual([
      { from: doneAfter(4), archivedAt: archivedAt(7), points: ['A'] },
    ])
  })

  test.each([
    ['first', 3],
    ['a middle', 4],
    ['last', 5],
  ])('leave a backup out whose %s segment is missing: it cannot be restored at all', (_which, missing) => {
    const info = stanza([backup('A', 3, 5), backup('B', 9, 9)])
    expect(recoveryWindows(info, segments(1, 20, { missing: [missing] })).map(({ points }) => points)).toEqual([['B']])
  })

  test('of a backup whose WAL ends with it are as short as a moment', () => {
    const [window] = recoveryWindows(stanza([backup('A', 3, 4)]), segments(1, 4))
    expect(window).toEqual({ from: doneAfter(4), archivedAt: archivedAt(4), points: ['A'] })
  })

  test('go on for sure until the end of their newest backup, whatever the storage says of when a segment was written', () => {
    const info = stanza([backup('A', 3, 4), backup('B', 9, 9)])
    const early = segments(3, 9).map((file) => ({ ...file, changedAt: instant(0) }))
    expect(windowsOf(info, early)).toMatchObject([{ from: doneAfter(4), to: doneAfter(9) }])
  })

  test('pass over whatever else lies in an archive: partial segments, history files, backup labels', () => {
    const others = ['archive.info', '15-1/00000002.history', '15-1/0000000100000000/000000010000000000000006.00000028.backup']
    const partial = '15-1/0000000100000000/000000010000000000000006.partial-99eb470e04eb0d7adf7d275b15f3e05631764a49.zst'
    const noise = [...others, partial].map((path) => ({ path, sizeBytes: 1, changedAt: archivedAt(99) }))
    const [window] = recoveryWindows(stanza([backup('A', 3, 4)]), [...segments(1, 5), ...noise])
    expect(window?.archivedAt).toBe(archivedAt(5))
  })
})

describe('the size of a segment', () => {
  test.each([1, 4, 16, 64, 256, 1024])('may be %d MB: a log’s last segment is followed by the first of the next log', (size) => {
    const segmentBytes = size * mebibyte
    const perLog = logBytes / segmentBytes
    const info = stanza([backup('A', perLog - 3, perLog - 2, { segmentBytes })])
    const [window] = recoveryWindows(info, segments(perLog - 3, perLog + 2, { segmentBytes }))
    expect(window?.archivedAt).toBe(archivedAt(perLog + 2))
  })

  test('is never guessed so that the rest of a log is passed over', () => {
    const info = stanza([backup('A', 3, 4)])
    const missing = Array.from({ length: 256 - 0x40 }, (_, index) => 0x40 + index)
    expect(recoveryWindows(info, segments(1, 300, { missing }))[0]?.archivedAt).toBe(archivedAt(0x3f))
  })

  test('is the usual one while no backup tells', () => {
    const silent = { ...backup('A', 256, 256), lsn: null }
    expect(recoveryWindows(stanza([silent]), segments(250, 520))[0]?.archivedAt).toBe(archivedAt(520))
  })
})

describe('a promotion', () => {
  const archive = [...segments(1, 10), history(2, 10), ...segments(10, 15, { timeline: 2 })]

  test('ends the window of the old timeline, and begins one of the new', () => {
    expect(windowsOf(stanza([backup('A', 3, 4)]), archive)).toMatchObject([
      { from: doneAfter(4), archivedAt: archivedAt(10), points: ['A'], timeline: 1, lastWal: segmentName(10) },
      { from: archivedAt(10), archivedAt: archivedAt(15), points: ['A'], timeline: 2, lastWal: segmentName(15, usual, 2) },
    ])
  })

  test('back in time leaves what came after on the old timeline, where it can still be had', () => {
    const back = [...segments(1, 10), history(2, 12), ...segments(6, 9, { timeline: 2 })]
    const [old, current] = windowsOf(stanza([backup('A', 3, 4)]), back)
    expect(old).toMatchObject({ timeline: 1, archivedAt: archivedAt(10) })
    expect(current).toMatchObject({ timeline: 2, from: archivedAt(12), lastWal: segmentName(9, usual, 2) })
  })

  test('gives the new timeline’s own backups to its window', () => {
    const info = stanza([backup('A', 3, 4), backup('B', 12, 13, { timeline: 2 })])
    expect(recoveryWindows(info, archive).map(({ points }) => points)).toEqual([['A'], ['A', 'B']])
  })

  test('whose history is not archived is no way: nothing would find it', () => {
    const unknown = archive.filter(({ path }) => !path.endsWith('.history'))
    const info = stanza([backup('A', 3, 4), backup('B', 12, 13, { timeline: 2 })])
    expect(recoveryWindows(info, unknown)).toEqual([
      { from: doneAfter(4), archivedAt: archivedAt(10), points: ['A'] },
      { from: doneAfter(13), archivedAt: archivedAt(15), points: ['B'] },
    ])
  })

  test('connects nothing when segments are missing around it', () => {
    const torn = [...segments(1, 8), history(2, 10), ...segments(10, 15, { timeline: 2 })]
    expect(recoveryWindows(stanza([backup('A', 3, 4)]), torn)).toEqual([
      { from: doneAfter(4), archivedAt: archivedAt(8), points: ['A'] },
    ])
  })

  test('makes no backup whole whose own timeline lacks a segment', () => {
    const torn = [...segments(3, 4), history(2, 4), ...segments(4, 15, { timeline: 2 })]
    expect(recoveryWindows(stanza([backup('A', 3, 6)]), torn)).toEqual([])
  })
})

describe('a hole', () => {
  const broken = (made: readonly Backup[], missing: readonly number[]) =>
    windowsOf(stanza(made), segments(1, 20, { missing })).map(({ brokenAfter }) => brokenAfter)

  test('is told from the end of the archive, and from what retention trimmed between backups that keep their own WAL', () => {
    expect(broken([backup('A', 3, 4)], [])).toEqual([false])
    expect(broken([backup('A', 3, 4), backup('B', 12, 13)], [8])).toEqual([true, false])
    expect(broken([backup('A', 3, 4), backup('B', 12, 13)], [5, 6, 7, 8, 9, 10, 11])).toEqual([false, false])
    expect(broken([backup('A', 3, 4), backup('B', 12, 13)], [5, 6, 7, 8, 9, 10])).toEqual([true, false])
    expect(broken([backup('A', 3, 4)], [5])).toEqual([true])
  })

  test('of which no backup begins behind leaves WAL that nothing reaches, until there is one', () => {
    const torn = segments(1, 20, { missing: [8] })
    expect(reachOf(stanza([backup('A', 3, 4)]), torn).unreachable).toEqual([
      {
        archive: '15-1',
        timeline: 1,
        firstWal: segmentName(9),
        lastWal: segmentName(20),
        from: archivedAt(9),
        to: archivedAt(20),
      },
    ])
    expect(reachOf(stanza([backup('A', 3, 4), backup('B', 12, 13)]), torn).unreachable).toEqual([])
    expect(reachOf(stanza([]), segments(1, 2)).unreachable).toMatchObject([{ firstWal: segmentName(1) }])
  })
})

test('WAL of a new timeline whose history never arrived is reached by nothing before its first backup', () => {
  const archive = [...segments(1, 10), ...segments(10, 15, { timeline: 2 })]
  const first = segmentName(10, usual, 2)
  expect(reachOf(stanza([backup('A', 3, 4)]), archive).unreachable).toMatchObject([{ timeline: 2, firstWal: first }])
  const own = backup('B', 12, 13, { timeline: 2 })
  expect(reachOf(stanza([backup('A', 3, 4), own]), archive).unreachable).toEqual([])
  expect(reachOf(stanza([backup('A', 3, 4)]), [...archive, history(2, 10)]).unreachable).toEqual([])
})

test('the segments that tell how far a window goes are the last behind its newest backup, newest first', () => {
  const [window] = windowsOf(stanza([backup('A', 3, 4), backup('B', 9, 10)]), segments(1, 12))
  expect(window?.tail.map((path) => path.slice(22, 46))).toEqual([segmentName(12), segmentName(11)])
  expect(windowsOf(stanza([backup('A', 3, 4)]), segments(1, 4))[0]?.tail).toEqual([])
})

test('a new major version has an archive of its own, with windows of its own', () => {
  const info = stanza(
    [backup('old', 3, 4), backup('new', 22, 23, { database: 2 })],
    [
      [1, '15'],
      [2, '17'],
    ],
  )
  const archive = [...segments(1, 20), ...segments(21, 30, { id: '17-2' })]
  expect(recoveryWindows(info, archive)).toEqual([
    { from: doneAfter(4), archivedAt: archivedAt(20), points: ['old'] },
    { from: doneAfter(23), archivedAt: archivedAt(30), points: ['new'] },
  ])
  expect(recoveryWindows(stanza([backup('gone', 3, 4, { database: 9 })]), archive)).toEqual([])
})

test('whatever segments are missing, no window spans one, and no backup that is whole lacks a window', () => {
  const lastPosition = 80
  const situation = fc.record({
    // Few segments a log, so that logs end often.
    segmentBytes: fc.constantFrom(usual, 256 * mebibyte, 1024 * mebibyte),
    first: fc.constantFrom(1, 200, 250),
    missing: fc.oneof(
      fc.uniqueArray(fc.nat(lastPosition), { maxLength: 8 }),
      fc.tuple(fc.nat(lastPosition), fc.nat(60)).map(([from, length]) => Array.from({ length }, (_, index) => from + index)),
    ),
    backups: fc.array(fc.tuple(fc.nat(lastPosition), fc.nat(3)), { minLength: 1, maxLength: 6 }),
  })
  fc.assert(
    fc.property(situation, ({ segmentBytes, first, missing, backups }) => {
      const gone = missing.map((position) => first + position)
      const made = backups.map(([from, length], index) =>
        backup(`B${index}`, first + from, first + from + length, { segmentBytes }),
      )
      const archive = segments(first, first + lastPosition + 3, { missing: gone, segmentBytes })
      const windows = recoveryWindows(stanza(made), archive)
      for (const { from, archivedAt: end } of windows) {
        // The minute of a missing segment lies before its position: a window may end with it, never go on.
        expect(gone.filter((position) => from <= archivedAt(position) && archivedAt(position) <= end)).toEqual([])
      }
      const whole = backups.flatMap(([from, length], index) => {
        const needed = Array.from({ length: length + 1 }, (_, step) => first + from + step)
        return needed.some((position) => gone.includes(position)) ? [] : [`B${index}`]
      })
      expect(windows.flatMap(({ points }) => points).toSorted()).toEqual(whole.toSorted())
      expect(windows.map(({ from }) => from)).toEqual(windows.map(({ from }) => from).toSorted((one, other) => one - other))
    }),
    { numRuns: 300 },
  )
})
