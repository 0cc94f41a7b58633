import type { Instant } from '../../domain/clock.ts'
import { instant } from '../../domain/clock.ts'
import type { RecoveryWindow } from '../../domain/restore-point.ts'
import type { StanzaInfo, RepositoryFile } from './answers.ts'

/**
 * The stretches of time in which any second can be restored, from what really lies in the archive. pgBackRest's own `info`
 * tells only the oldest and the newest WAL and hides every gap in between.
 *
 * A base backup opens a window when its own WAL is there; the window goes on as long as segment follows segment, and ends
 * with the time at which the last of them was archived.
 */
export function recoveryWindows(info: StanzaInfo, archive: readonly RepositoryFile[]): RecoveryWindow[] {
  const archives = readArchives(archive, info)
  const windows: Draft[] = []
  for (const backup of info.backup.toSorted((one, other) => one.timestamp.stop - other.timestamp.stop)) {
    const { start, stop } = backup.archive
    const database = info.db.find((candidate) => candidate.id === backup.database.id)
    const segments = database && archives.get(`${database.version}-${database.id}`)
    if (segments === undefined || start === null || stop === null) continue
    const last = lastContiguous(segments, start, stop)
    if (last === undefined) continue
    const from = instant((backup.timestamp.stop + 1) * 1000)
    const previous = windows.at(-1)
    // The walk from an earlier backup came to the same end, so it passed this one: one window, two backups.
    if (previous && previous.last === last && previous.archive === segments) {
      previous.points.push(backup.label)
    } else {
      const archivedAt = segments.times.get(last) as Instant
      windows.push({ from, to: instant(Math.max(from, archivedAt)), points: [backup.label], last, archive: segments })
    }
  }
  return windows.map(({ from, to, points }) => ({ from, to, points }))
}

/** A window while backups are still being added to it. */
interface Draft extends RecoveryWindow {
  readonly points: string[]
  readonly last: string
  readonly archive: Archive
}

interface Archive {
  /** Segment name (24 hex digits: timeline, log, segment) to the time at which it was archived. */
  readonly times: ReadonlyMap<string, Instant>
  readonly timelines: readonly string[]
  readonly segmentsPerLog: number
}

function readArchives(files: readonly RepositoryFile[], info: StanzaInfo): Map<string, Archive> {
  const times = new Map<string, Map<string, Instant>>()
  for (const file of files) {
    const match = /^([\d.]+-\d+)\/[0-9A-F]{16}\/([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/.exec(file.path)
    if (!match) continue
    const [, id = '', segment = ''] = match
    const ofId = times.get(id) ?? new Map<string, Instant>()
    ofId.set(segment, file.changedAt)
    times.set(id, ofId)
  }
  return new Map(
    [...times].map(([id, segments]) => {
      const timelines = [...new Set([...segments.keys()].map((name) => name.slice(0, 8)))].toSorted()
      const backups = info.backup.filter((backup) => id.endsWith(`-${backup.database.id}`))
      return [id, { times: segments, timelines, segmentsPerLog: segmentsPerLog(backups) }]
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

/** Follows WAL from a backup's first segment; undefined when the backup's own WAL isn't whole. */
function lastContiguous(archive: Archive, start: string, stop: string): string | undefined {
  if (!archive.times.has(start)) return undefined
  let last = start
  let whole = start === stop
  for (let next = successor(archive, last); next !== undefined; next = successor(archive, last)) {
    last = next
    whole ||= next === stop
  }
  return whole ? last : undefined
}

function successor(archive: Archive, segment: string): string | undefined {
  const timeline = segment.slice(0, 8)
  const following = followingPosition(archive, segment)
  if (archive.times.has(timeline + following)) return timeline + following
  // After a promotion the new timeline begins with the very segment at which it left the old one.
  for (const newer of archive.timelines) {
    if (newer <= timeline) continue
    for (const position of [segment.slice(8), following]) {
      if (archive.times.has(newer + position)) return newer + position
    }
  }
  return undefined
}

function followingPosition(archive: Archive, segment: string): string {
  const log = Number.parseInt(segment.slice(8, 16), 16)
  const next = Number.parseInt(segment.slice(16), 16) + 1
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  return next < archive.segmentsPerLog ? hex(log) + hex(next) : hex(log + 1) + hex(0)
}
