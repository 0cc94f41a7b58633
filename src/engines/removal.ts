import { HoldfastError, toHoldfastError } from '../domain/errors.ts'
import { shortPointId, type RestorePoint } from '../domain/restore-point.ts'
import type { EngineContext } from './port.ts'

/** How an engine lists and removes its points. */
export interface Remover {
  /** Points that one removal takes. */
  readonly atOnce: number
  readonly list: (context: EngineContext) => Promise<readonly RestorePoint[]>
  readonly remove: (ids: readonly string[]) => Promise<void>
}

/**
 * Removes points and tells of each that the engine no longer lists, whatever the engine said, and also when it failed or was
 * stopped half-way. Throws `point-needed`, before anything is removed, rather than remove what must stay.
 */
export async function removePoints(
  points: readonly RestorePoint[],
  gone: (point: RestorePoint) => void,
  context: EngineContext,
  { atOnce, list, remove }: Remover,
): Promise<void> {
  let there = await list(context)
  for (let begin = 0; begin < points.length; begin += atOnce) {
    refuseRemoval(there, points)
    const listed = new Set(there.map(({ id }) => id))
    const batch = points.slice(begin, begin + atOnce)
    const ids = batch.map(({ id }) => id).filter((id) => listed.has(id))
    const failure = ids.length === 0 ? undefined : await remove(ids).then(() => undefined, toHoldfastError)
    if (ids.length > 0) {
      // What a stopped engine has removed before is told too.
      const asking = context.signal.aborted ? { ...context, signal: new AbortController().signal } : context
      there = await list(asking).catch((error: unknown) => {
        throw failure ?? error
      })
    }
    const left = new Set(there.map(({ id }) => id))
    for (const point of batch) if (!left.has(point.id)) gone(point)
    if (failure !== undefined) throw failure
    const kept = ids.find((id) => left.has(id))
    if (kept !== undefined) {
      throw new HoldfastError('engine-failed', `${shortPointId(kept)} is still there, although the engine ended well`, {
        hint: 'may the credentials delete in this repository? Some storages keep what was deleted for a while',
      })
    }
  }
}

/** The last line of defence: whatever policy, clock or caller say, these stay. */
export function refuseRemoval(there: readonly RestorePoint[], wanted: readonly RestorePoint[]): void {
  const ids = new Set(wanted.map(({ id }) => id))
  const going = there.filter(({ id }) => ids.has(id))
  const staying = there.filter(({ id }) => !ids.has(id))
  const [first] = going
  if (first === undefined) return
  const pinned = going.find(({ pin }) => pin !== undefined)
  if (pinned) {
    throw new HoldfastError('point-needed', `${shortPointId(pinned.id)} is pinned: ${pinned.pin}`, {
      hint: 'holdfast points unpin takes the pin away',
    })
  }
  const isGood = ({ hasErrors }: RestorePoint): boolean => !hasErrors
  if (!staying.some(isGood) && (staying.length === 0 || going.some(isGood))) {
    throw new HoldfastError('point-needed', 'no good restore point would be left', {
      hint: 'the last one stays, whatever the policy says; holdfast backup makes a new one',
    })
  }
  for (const point of staying) {
    const base = point.dependsOn.find((id) => ids.has(id))
    if (base === undefined) continue
    throw new HoldfastError('point-needed', `${shortPointId(point.id)} cannot be restored without ${shortPointId(base)}`, {
      hint: 'a base backup goes only after those that were made upon it',
    })
  }
}

export function pointUnknown({ id }: RestorePoint): HoldfastError {
  return new HoldfastError('point-unknown', `there is no restore point ${shortPointId(id)} any more`, {
    hint: 'holdfast points lists them',
  })
}
