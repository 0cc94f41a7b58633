import { HoldfastError } from '../../domain/errors.ts'
import { shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import { pinText, readPin } from '../pin-text.ts'
import { pointUnknown } from '../removal.ts'
import type { Snapshot } from './snapshot.ts'

/** A pin is a tag of its snapshot, so that it lies in the repository and restic alone shows it. */
const prefix = 'holdfast-pin:'

export const pinTag = (reason: string): string => `${prefix}${pinText(reason)}`

export const isPinTag = (tag: string): boolean => tag.startsWith(prefix)

/** Why a snapshot with these tags is kept for ever; undefined when it isn't. */
export function pinOfTags(tags: readonly string[]): string | undefined {
  const tag = tags.find(isPinTag)
  return tag === undefined ? undefined : readPin(tag.slice(prefix.length))
}

/** Which tags a snapshot has to get and to lose. */
export interface PinChange {
  readonly snapshot: Snapshot
  readonly wanted: readonly string[]
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

export function pinChange(snapshots: readonly Snapshot[], point: RestorePoint, reason: string | undefined): PinChange {
  const snapshot = snapshots.find(({ id }) => id === point.id)
  if (snapshot === undefined) throw pointUnknown(point)
  const wanted = reason === undefined ? [] : [pinTag(reason)]
  const has = pinTagsOf(snapshot)
  return {
    snapshot,
    wanted,
    add: wanted.filter((tag) => !has.includes(tag)),
    remove: has.filter((tag) => !wanted.includes(tag)),
  }
}

/**
 * The snapshot after the change, under its new id, and the left-overs: `restic tag` writes the new one before it removes the
 * old, so that a kill in between leaves the same snapshot under both ids.
 */
export function pinned(
  snapshots: readonly Snapshot[],
  { snapshot: before, wanted }: PinChange,
): { id: string; leftOver: string[] } {
  const origin = (snapshot: Snapshot): string => snapshot.original ?? snapshot.id
  const same = snapshots.filter(
    (snapshot) => origin(snapshot) === origin(before) && snapshot.tree === before.tree && snapshot.time === before.time,
  )
  const changed = same.filter((snapshot) => pinTagsOf(snapshot).join(',') === wanted.join(','))
  const after = changed.find(({ id }) => id === before.id) ?? changed[0]
  if (after === undefined) {
    throw new HoldfastError('engine-failed', `the tags of snapshot ${shortPointId(before.id)} are as they were before`, {
      hint: 'may the credentials write and delete in this repository?',
    })
  }
  return { id: after.id, leftOver: same.filter(({ id }) => id !== after.id).map(({ id }) => id) }
}

const pinTagsOf = ({ tags }: Snapshot): string[] => (tags ?? []).filter(isPinTag)
