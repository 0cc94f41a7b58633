import type { Found, Listing, PointDifference, PointName, SizedChange } from '../../contract/browse.ts'
import type { PathVersion, PathVersions } from '../../app/browse/browse-versions.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize, type Bytes } from '../../domain/size.ts'
import type { ChangedAmount, EntryKind, SnapshotEntry } from '../../domain/snapshot-entry.ts'
import { columns, type Terminal } from '../output/terminal.ts'
import { timeStamp, timeText } from '../output/time.ts'

export function listingLines(listing: Listing, { paint }: Terminal): string[] {
  const { component, point, path, entries, more } = listing
  const heading = `${paint('bold', component)} · ${shortPointId(point.id)} of ${timeText(point.at)}`
  const rows = entries.map((entry) => [
    `  ${entry.kind}`,
    sizeText(entry.sizeBytes),
    timeStamp(entry.modifiedAt),
    entryName(entry, listing),
  ])
  const odd = entries.filter((entry) => entry.path.includes(unknownCharacter)).length
  return [
    path === undefined ? heading : `${heading} · ${path}`,
    '',
    ...(rows.length === 0 ? ['  nothing in it'] : columns(rows, ['left', 'right'])),
    ...moreLines(more, 'entries'),
    ...(odd === 0
      ? []
      : ['', `  ${counted(odd, 'name is', 'names are')} not UTF-8 (${unknownCharacter}): to be restored with the folder alone`]),
  ]
}

/** What stands for bytes that are no character; restic tells such names no other way. */
const unknownCharacter = '\ufffd'

const entryName = (entry: SnapshotEntry, { path, kind }: Listing): string => {
  const name = path === undefined || kind !== 'folder' ? entry.path : entry.path.slice(entry.path.lastIndexOf('/') + 1)
  return entry.kind === 'folder' ? `${name}/` : name
}

export function foundLines(found: Found, { paint }: Terminal): string[] {
  const { component, pattern, searched, paths, more } = found
  const heading = `${paint('bold', component)} · ${pattern} in ${counted(searched, 'point')}`
  if (paths.length === 0) return [heading, '', '  nothing has this name; --ignore-case, or a pattern such as *name*, finds more']
  const lines = paths.flatMap(({ path, kind, sizeBytes, modifiedAt, points, newest, oldest, versions }) => [
    '',
    `  ${path}${kind === 'folder' ? '/' : ''}`,
    `    ${amountText(kind, sizeBytes)}, changed ${timeStamp(modifiedAt)}, in ${points} of ${counted(searched, 'point')}`,
    `    ${rangeText(newest, oldest)}${versions > 1 ? `, ${versions} versions` : ''}`,
  ])
  return [heading, ...lines, ...moreLines(more, 'paths')]
}

/** @param commandOf the command line that brings a version back */
export function versionLines(
  { component, path, versions }: PathVersions,
  { paint }: Terminal,
  commandOf: (words: readonly string[]) => string,
): string[] {
  const count = versions.filter(({ kind }) => kind !== 'absent').length
  return [
    `${paint('bold', component)} · ${path} · ${counted(count, 'version')}`,
    ...versions.flatMap((version) => [
      '',
      `  ${versionText(version)}`,
      `    in ${counted(version.points, 'point')}, ${rangeText(version.newest, version.oldest)}`,
      ...(version.restore === undefined ? [] : [`    ${paint('dim', commandOf(version.restore))}`]),
    ]),
  ]
}

function versionText({ kind, sizeBytes, modifiedAt, linkTarget }: PathVersion): string {
  if (kind === 'absent') return 'not there'
  const target = linkTarget === undefined ? '' : ` to ${linkTarget}`
  return `${amountText(kind, sizeBytes)}${target}${modifiedAt === undefined ? '' : `, changed ${timeStamp(modifiedAt)}`}`
}

export function differenceLines(difference: PointDifference, { paint }: Terminal): string[] {
  const { component, before, after, changes, more, totals } = difference
  const styles = { added: 'good', removed: 'bad', modified: 'warn', replaced: 'warn' } as const
  const rows = changes.map((change) => [
    `  ${paint(styles[change.change], change.change)}`,
    changedSize(change),
    `${change.path}${change.folder ? '/' : ''}`,
  ])
  return [
    `${paint('bold', component)} · from ${shortPointId(before.id)} of ${timeText(before.at)}`,
    `${' '.repeat(component.length)}     to ${shortPointId(after.id)} of ${timeText(after.at)}`,
    '',
    ...(rows.length === 0 ? ['  no content changed'] : columns(rows, ['left', 'right'])),
    ...moreLines(more, 'changes'),
    '',
    `  added ${changedText(totals.added)}; removed ${changedText(totals.removed)}; modified ${counted(totals.modifiedFiles, 'file')}`,
    `  new data ${formatSize(totals.added.sizeBytes)}, data no longer there ${formatSize(totals.removed.sizeBytes)}, before compression`,
  ]
}

function changedSize({ beforeBytes, afterBytes }: SizedChange): string {
  if (beforeBytes === undefined || afterBytes === undefined) return sizeText(afterBytes ?? beforeBytes)
  return `${formatSize(beforeBytes)} → ${formatSize(afterBytes)}`
}

const changedText = ({ files, folders }: ChangedAmount): string => `${counted(files, 'file')} and ${counted(folders, 'folder')}`

const sizeText = (size: Bytes | undefined): string => (size === undefined ? '' : formatSize(size))

const amountText = (kind: EntryKind, size: Bytes | undefined): string => (size === undefined ? kind : formatSize(size))

function rangeText(newest: PointName, oldest: PointName): string {
  const name = ({ id, at }: PointName) => `${shortPointId(id)} of ${timeStamp(at)}`
  return newest.id === oldest.id ? name(newest) : `${name(newest)} back to ${name(oldest)}`
}

const moreLines = (more: number, what: string): string[] =>
  more === 0 ? [] : ['', `  and ${more} more ${what}; --limit shows more of them`]

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
