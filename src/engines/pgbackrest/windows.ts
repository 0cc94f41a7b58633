import type { Instant } from '../../domain/clock.ts'
import { instant } from '../../domain/clock.ts'
import type { RecoveryWindow, UnreachableWal } from '../../domain/restore-point.ts'
import { archiveOf, type RepositoryFile, type StanzaInfo } from './answers.ts'
import { followingPosition, newestArchive, readArchives, timelineOf, type Archive } from './archive.ts'

/** A window as far as a listing tells: it goes on for sure until the end of its newest backup. */
export interface ListedWindow extends RecoveryWindow {
  /** Its last segments behind that backup, newest first, as paths below the archive: what is in them tells how far it really goes. */
  readonly tail: readonly string[]
}

export interface Reach {
  readonly archive: string
  readonly windows: readonly ListedWindow[]
  readonly unreachable: readonly UnreachableWal[]
}

/**
 * The stretches of time in which any second can be restored, from what really lies in the archive. pgBackRest's own `info`
 * tells only the oldest and the newest WAL and hides every gap in between.
 *
 * A base backup opens a window on its own timeline when its own WAL is there; the window goes on as long as segment
 * follows segment. After a promotion it opens another one on the new timeline, from the time at which that one's history was
 * archived: without the history nothing finds the way.
 */
export function reachOf(info: StanzaInfo, files: readonly RepositoryFile[]): Reach {
  const archives = readArchives(files, info)
  const drafts = draftWindows(info, archives)
  const own = newestArchive(info)
  const windows = drafts.map(({ wal, ...window }) => ({ ...window, brokenAfter: isBroken(window, wal, info) }))
  return {
    archive: own,
    windows: windows.toSorted((one, other) => one.from - other.from),
    unreachable: unreachableWal(
      own,
      archives.get(own),
      drafts.filter(({ archive }) => archive === own),
    ),
  }
}

/** A window while backups are still being added to it. */
interface Draft extends Omit<ListedWindow, 'brokenAfter'> {
  to: Instant
  tail: readonly string[]
  readonly points: string[]
  readonly wal: Archive
}

/** Segments that are looked into for the end of a window; a transaction may be longer than one. */
const tailLength = 8

function draftWindows(info: StanzaInfo, archives: ReadonlyMap<string, Archive>): Draft[] {
  const drafts: Draft[] = []
  for (const backup of info.backup.toSorted((one, other) => one.timestamp.stop - other.timestamp.stop)) {
    const { start, stop } = backup.archive
    const database = info.db.find((candidate) => candidate.id === backup.database.id)
    if (database === undefined) continue
    const archive = archiveOf(database)
    const wal = archives.get(archive)
    if (wal === undefined || start === null || stop === null || !isWhole(wal, start, stop)) continue
    const own = timelineOf(stop)
    const consistentAt = (backup.timestamp.stop + 1) * 1000
    for (const timeline of [own, ...[...wal.histories.keys()].filter((newer) => newer > own)]) {
      const walked = contiguous(wal, stop, timeline)
      const lastWal = walked.at(-1) ?? stop
      if (timelineOf(lastWal) !== timeline) continue
      const from = instant(Math.max(consistentAt, timeline === own ? 0 : (wal.histories.get(timeline) ?? 0)))
      const tail = walked
        .slice(-tailLength)
        .toReversed()
        .flatMap((name) => wal.segments.get(name)?.path ?? [])
      // The walk from an earlier backup came to the same end, so it passed this one: one window, two backups.
      const same = drafts.find((window) => window.archive === archive && window.lastWal === lastWal)
      if (same) {
        same.points.push(backup.label)
        same.to = instant(Math.max(same.to, from))
        same.tail = tail
      } else {
        const archivedAt = wal.segments.get(lastWal)?.archivedAt ?? from
        drafts.push({ from, to: from, archivedAt, points: [backup.label], timeline, archive, lastWal, tail, wal })
      }
    }
  }
  return drafts
}

/** Whether the WAL that a backup needs to be consistent is all there, on its own timeline. */
function isWhole(archive: Archive, start: string, stop: string): boolean {
  const timeline = start.slice(0, 8)
  let segment = start
  while (archive.segments.has(segment)) {
    if (segment === stop) return true
    segment = timeline + followingPosition(archive, segment)
  }
  return false
}

/** The segments that follow one towards a timeline, the way PostgreSQL goes: newer timelines first. */
function contiguous(archive: Archive, segment: string, timeline: number): string[] {
  const own = timelineOf(segment)
  const line = [...archive.histories.keys()].filter((newer) => newer > own && newer <= timeline).toReversed()
  const names = [...line, own].map((each) => each.toString(16).toUpperCase().padStart(8, '0'))
  const walked: string[] = []
  for (let last = segment; ;) {
    const following = followingPosition(archive, last)
    const next = names.map((name) => name + following).find((candidate) => archive.segments.has(candidate))
    // Nobody goes back to a timeline that was left.
    if (next === undefined || next.slice(0, 8) < last.slice(0, 8)) return walked
    walked.push(next)
    last = next
  }
}

/**
 * Whether WAL of the same timeline goes on somewhere behind a window. What retention trimmed is no hole: a backup that keeps
 * only its own WAL, and behind it nothing until the WAL of another backup.
 */
function isBroken({ lastWal, timeline }: Pick<Draft, 'lastWal' | 'timeline'>, archive: Archive, info: StanzaInfo): boolean {
  const next = smallest([...archive.segments.keys()].filter((name) => name > lastWal && timelineOf(name) === timeline))
  if (next === undefined) return false
  const isTrimmed =
    info.backup.some(({ archive: { stop } }) => stop === lastWal) && info.backup.some(({ archive: { start } }) => start === next)
  return !isTrimmed
}

function unreachableWal(archive: string, wal: Archive | undefined, windows: readonly Draft[]): UnreachableWal[] {
  if (wal === undefined) return []
  const newest = Math.max(0, ...windows.map(({ timeline }) => timeline))
  const reached = windows.filter(({ timeline }) => timeline === newest).map(({ lastWal }) => lastWal)
  const end = greatest(reached) ?? ''
  const names = [...wal.segments.keys()].filter((name) => timelineOf(name) >= newest && name > end)
  return [...new Set(names.map(timelineOf))].map((timeline) => {
    const own = names.filter((name) => timelineOf(name) === timeline)
    const [firstWal, lastWal] = [smallest(own) ?? '', greatest(own) ?? '']
    const at = (name: string) => wal.segments.get(name)?.archivedAt ?? instant(0)
    return { archive, timeline, firstWal, lastWal, from: at(firstWal), to: at(lastWal) }
  })
}

const smallest = (names: readonly string[]): string | undefined =>
  names.reduce<string | undefined>((least, name) => (least === undefined || name < least ? name : least), undefined)

const greatest = (names: readonly string[]): string | undefined =>
  names.reduce<string | undefined>((most, name) => (most === undefined || name > most ? name : most), undefined)
