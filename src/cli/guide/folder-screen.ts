import { basename, dirname } from 'node:path'
import type { SnapshotEntry } from '../../domain/snapshot-entry.ts'
import { formatSize } from '../../domain/size.ts'
import { padded, visible } from '../output/terminal.ts'
import { movedIn, restLines } from './choice-screen.ts'
import { shownPart, type Screen } from './screen.ts'

/** What whoever walks through a snapshot wants next: another folder, or to be done with all that is ticked. */
export type FolderAnswer = { readonly open: string; readonly ticked: readonly string[] } | { readonly done: readonly string[] }

export interface FolderState {
  readonly chosen: number
  readonly ticked: readonly string[]
  readonly complaint?: string
}

export interface FolderView {
  /** Absolute path; undefined for a list of the component's own paths. */
  readonly path: string | undefined
  /** Folder above, as far as it may be walked. */
  readonly above: string | undefined
  readonly entries: readonly SnapshotEntry[]
  /** How many there are beyond those. */
  readonly more: number
}

/** The folders of a snapshot: to be walked through, and what is wanted of them ticked. */
export function folderScreen(view: FolderView, ticked: readonly string[], begin = 0): Screen<FolderState, FolderAnswer> {
  const { path, above, entries, more } = view
  const nameOf = (entry: SnapshotEntry) =>
    `${path === undefined ? entry.path : basename(entry.path)}${entry.kind === 'folder' ? '/' : ''}`
  return {
    begin: { chosen: begin, ticked },
    keys: 'Space ticks · → opens · ← up · Enter when all is ticked',
    lines: (state, { rows }, paint) => {
      const { from, to } = shownPart(entries.length, state.chosen, rows)
      const shown = entries.slice(from, to).map((entry, index) => {
        const size = entry.sizeBytes === undefined ? '' : formatSize(entry.sizeBytes)
        const text = `[${isTicked(state.ticked, entry.path) ? '✓' : ' '}] ${padded(size, 8, 'right')}  ${visible(nameOf(entry))}`
        return from + index === state.chosen ? paint('bold', `› ${text}`) : `  ${text}`
      })
      const beyond = entries.length - to + more
      return [
        paint('bold', 'Which parts?'),
        visible(path ?? 'the paths of the component'),
        '',
        ...(shown.length === 0 ? ['  nothing in it'] : shown),
        ...restLines(beyond),
        '',
        state.ticked.length === 0 ? 'nothing ticked yet' : `ticked: ${state.ticked.map(visible).join(' ')}`,
        ...(state.complaint === undefined ? [] : [paint('warn', `! ${state.complaint}`)]),
      ]
    },
    press: ({ chosen, ticked: sofar }, key) => {
      const entry = entries[chosen]
      if (key.name === 'return') {
        if (sofar.length > 0) return { answer: { done: sofar } }
        return { state: { chosen, ticked: sofar, complaint: 'tick something with the space bar first' } }
      }
      if (key.name === 'left' && above !== undefined) return { answer: { open: above, ticked: sofar } }
      if (entry === undefined) return { state: { chosen, ticked: sofar } }
      if (key.name === 'space') return { state: { chosen, ticked: toggled(sofar, entry.path) } }
      if (key.name !== 'right') return { state: { chosen: movedIn(entries.length, chosen, key), ticked: sofar } }
      if (entry.kind === 'folder') return { answer: { open: entry.path, ticked: sofar } }
      return { state: { chosen, ticked: sofar, complaint: 'only a folder can be opened' } }
    },
  }
}

/** Itself, or as part of a folder that is. */
const isTicked = (ticked: readonly string[], path: string): boolean =>
  ticked.some((other) => other === path || path.startsWith(`${other}/`))

/** A folder that is ticked brings all that is in it, so what was ticked inside goes; what is in a ticked one stays as it is. */
export function toggled(ticked: readonly string[], path: string): readonly string[] {
  if (ticked.includes(path)) return ticked.filter((other) => other !== path)
  if (isTicked(ticked, path)) return ticked
  return [...ticked.filter((other) => !other.startsWith(`${path}/`)), path].toSorted()
}

/** The folder above one, as far as the source reaches. */
export function folderAbove(path: string | undefined, sources: readonly string[]): string | undefined {
  if (path === undefined || sources.includes(path)) return undefined
  return dirname(path)
}
