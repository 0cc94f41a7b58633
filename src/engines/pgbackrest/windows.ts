import type { Instant } from '../../domain/clock.ts'
import { instant } from '../../domain/clock.ts'
import type { RecoveryWindow } from '../../domain/restore-point.ts'
import type { StanzaInfo, RepositoryFile } from './answers.ts'

/**
 * The stretches of time in which any second can be restored, from what really lies in the archive. pgBackRest's own `info`
 * tells only the oldest and the newest WAL and hides every gap in between.
 *
 * A base backup opens a window on its own timeline when its own WAL is there; the window goes on as long as segment
 * follows segment, and ends with the time at which the last of them was archived. After a promotion it opens another one on
 * the new timeline, from the time at which that one's history was archived: without the history nothing finds the way.
 */
export function recoveryWindows(info: StanzaInfo, archive: readonly RepositoryFile[]): RecoveryWindow[] {
  const archives = readArchives(archive, info)
  const windows: Draft[] = []
  for (const backup of info.backup.toSorted((one, other) => one.timestamp.stop - other.timestamp.stop)) {
    const { start, stop } = backup.archive
    const database = info.db.find((candidate) => candidate.id === backup.database.id)
    const segments = database && archives.get(`${database.version}-${database.id}`)
    if (segments === undefined || start === null || stop === null || !isWhole(segments, start, stop)) continue
    const own = timelineOf(stop)
    const consistentAt = (backup.timestamp.stop + 1) * 1000
    for (const timeline of [own, ...[...segments.histories.keys()].filter((newer) => newer > own)]) {
      const lastWal = lastContiguous(segments, stop, timeline)
      if (timelineOf(lastWal) !== timeline) continue
      const from = instant(Math.max(consistentAt, timeline === own ? 0 : (segments.histories.get(timeline) ?? 0)))
      // The walk from an earlier backup came to the same end, so it passed this one: one window, two backups.
      const same = windows.find((window) => window.archive === segments && window.lastWal === lastWal)
      if (same) {
        same.points.push(backup.label)
      } else {
        const to = instant(Math.max(from, segments.times.get(lastWal) as Instant))
        windows.push({ from, to, points: [backup.label], timeline, lastWal, archive: segments })
      }
    }
  }
  return windows
    .map(({ from, to, points, timeline, lastWal }) => ({ from, to, points, timeline, lastWal }))
    .toSorted((one, other) => one.from - other.from)
}

/** A window while backups are still being added to it. */
interface Draft extends RecoveryWindow {
  readonly points: string[]
  readonly archive: Archive
}

const timelineOf = (segment: string): number => Number.parseInt(segment.slice(0, 8), 16)

interface Archive {
  /** Segment name (24 hex digits: timeline, log, segment) to the time at which it was archived. */
  readonly times: ReadonlyMap<string, Instant>
  /** Timelines whose history is there, oldest first, to the time at which it was archived: the promotion's. */
  readonly histories: ReadonlyMap<number, Instant>
  readonly segmentsPerLog: number
}

function readArchives(files: readonly RepositoryFile[], info: StanzaInfo): Map<string, Archive> {
  const archives = new Map<string, { times: Map<string, Instant>; histories: Map<number, Instant> }>()
  for (const { path, changedAt } of files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    const [, id = '', name = ''] = /^([\d.]+-\d+)\/(.+)$/.exec(path) ?? []
    const segment = /^[0-9A-F]{16}\/([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/.exec(name)?.[1]
    const history = /^([0-9A-F]{8})\.history$/.exec(name)?.[1]
    const archive = archives.get(id) ?? { times: new Map<string, Instant>(), histories: new Map<number, Instant>() }
    if (segment !== undefined) archive.times.set(segment, changedAt)
    else if (history !== undefined) archive.histories.set(Number.parseInt(history, 16), changedAt)
    else continue
    archives.set(id, archive)
  }
  return new Map(
    [...archives].map(([id, archive]) => {
      const backups = info.backup.filter((backup) => id.endsWith(`-${backup.database.id}`))
      return [id, { ...archive, segmentsPerLog: segmentsPerLog(backups) }]
    }),
  )
}

/** 256 of the usual 16 MB; another power of two where wal_segment_size is another. */
const usualSegmentsPerLog = 256

/**
 * How many segments a log of 4 GiB holds. Nothing says so, but a backup tells in which segment and at which byte of the log
 * it began: a segment's size is the one power of two that fits both.
 */
function segmentsPerLog(backups: StanzaInfo['backup']): number {
  for (const { archive, lsn } of backups) {
    const segment = Number.parseInt(archive.start?.slice(16) ?? '', 16)
    const byte = Number.parseInt(lsn?.start?.split('/')[1] ?? '', 16)
    if (segment > 0 && byte > 0) return 2 ** (32 - Math.floor(Math.log2(byte / segment)))
  }
  return usualSegmentsPerLog
}

/** Whether the WAL that a backup needs to be consistent is all there, on its own timeline. */
function isWhole(archive: Archive, start: string, stop: string): boolean {
  const timeline = start.slice(0, 8)
  let segment = start
  while (archive.times.has(segment)) {
    if (segment === stop) return true
    segment = timeline + followingPosition(archive, segment)
  }
  return false
}

/** Follows WAL from a segment that is there towards a timeline, the way PostgreSQL does: newer timelines first. */
function lastContiguous(archive: Archive, segment: string, timeline: number): string {
  const own = timelineOf(segment)
  const line = [...archive.histories.keys()].filter((newer) => newer > own && newer <= timeline).toReversed()
  const names = [...line, own].map((each) => each.toString(16).toUpperCase().padStart(8, '0'))
  let last = segment
  for (;;) {
    const following = followingPosition(archive, last)
    const next = names.map((name) => name + following).find((candidate) => archive.times.has(candidate))
    // Nobody goes back to a timeline that was left.
    if (next === undefined || next.slice(0, 8) < last.slice(0, 8)) return last
    last = next
  }
}

function followingPosition(archive: Archive, segment: string): string {
  const log = Number.parseInt(segment.slice(8, 16), 16)
  const next = Number.parseInt(segment.slice(16), 16) + 1
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  return next < archive.segmentsPerLog ? hex(log) + hex(next) : hex(log + 1) + hex(0)
}
