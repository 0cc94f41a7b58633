import type { Instant } from '../../domain/clock.ts'
import { archiveOf, type RepositoryFile, type StanzaInfo } from './answers.ts'

/** What lies in the archive of one cluster: its id is the major version and pgBackRest's number for the cluster, `15-1`. */
export interface Archive {
  /** By name (24 hex digits: timeline, log, segment). */
  readonly segments: ReadonlyMap<string, ArchivedSegment>
  /** Timelines whose history is there, oldest first, to the time at which it was archived: the promotion's. */
  readonly histories: ReadonlyMap<number, Instant>
  readonly segmentsPerLog: number
}

export interface ArchivedSegment {
  readonly archivedAt: Instant
  /** Below the archive of the stanza. */
  readonly path: string
}

/** The archive that takes WAL now; each stanza-upgrade begins another one. */
export function newestArchive(info: StanzaInfo): string {
  const newest = info.db.toSorted((one, other) => one.id - other.id).at(-1)
  return newest === undefined ? '' : archiveOf(newest)
}

export const timelineOf = (segment: string): number => Number.parseInt(segment.slice(0, 8), 16)

export function readArchives(files: readonly RepositoryFile[], info: StanzaInfo): Map<string, Archive> {
  const archives = new Map<string, { segments: Map<string, ArchivedSegment>; histories: Map<number, Instant> }>()
  for (const { path, changedAt } of files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    const [, id = '', name = ''] = /^([\d.]+-\d+)\/(.+)$/.exec(path) ?? []
    const segment = /^[0-9A-F]{16}\/([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/.exec(name)?.[1]
    const history = /^([0-9A-F]{8})\.history$/.exec(name)?.[1]
    const archive = archives.get(id) ?? { segments: new Map<string, ArchivedSegment>(), histories: new Map<number, Instant>() }
    if (segment !== undefined) archive.segments.set(segment, { archivedAt: changedAt, path })
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

/** Log and segment behind those of a segment; the timeline is whichever goes on. */
export function followingPosition(archive: Archive, segment: string): string {
  const log = Number.parseInt(segment.slice(8, 16), 16)
  const next = Number.parseInt(segment.slice(16), 16) + 1
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  return next < archive.segmentsPerLog ? hex(log) + hex(next) : hex(log + 1) + hex(0)
}
