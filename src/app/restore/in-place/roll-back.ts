import { existsSync, rmSync } from 'node:fs'
import { move } from '../../../disk/replace-file.ts'
import { duration } from '../../../domain/duration.ts'
import { toHoldfastError, HoldfastError } from '../../../domain/errors.ts'
import { shellWord } from '../../../places/command-text.ts'
import type { Place } from '../../../places/place.ts'
import { describeContainer, runClient } from '../../../sources/postgres/container/inspection.ts'
import { isPrivate, pgCtlStop, runControl, runsIn } from '../../../sources/postgres/server-control.ts'
import type { AppContext } from '../../site/context.ts'
import { forgetInPlace, inPlaceFile, readInPlace, writeInPlace, type InPlaceRecord } from '../../../state/in-place-record.ts'

export type InPlaceContext = Pick<AppContext, 'place' | 'signal' | 'stateDirectory'>

/** What came of putting the old data back. */
export interface RolledBack {
  /** Folders with what had been restored, where others may have written to it. */
  readonly kept: readonly string[]
  /** Why the server could not be started on its old data. */
  readonly notStarted: HoldfastError | undefined
}

/**
 * Puts back what a restore in place set aside, starts the server as it was, and removes what had been restored, unless a server ran
 * on that for all. May itself be killed and begun again at any step. The old data is moved, never changed.
 */
export async function rollBack(context: InPlaceContext, found: InPlaceRecord): Promise<RolledBack> {
  const { place } = context
  // What was interrupted is undone all the same.
  const { signal } = new AbortController()
  await endRestorer(place, found, signal)
  const moved = found.setAside.filter(({ aside }) => existsSync(aside))
  const dataMoved = moved.length > 0 || found.setAside.length === 0
  const record = { ...found, hasServed: found.hasServed || (dataMoved && (await serves(place, found, signal))) }
  // Before it is stopped: a kill in between must not make it look as if nobody had written to it.
  if (record.hasServed) orElse(() => writeInPlace(context, record))
  if (dataMoved && (await isUp(place, record, signal))) await stopRestored(place, record, signal)
  for (const { folder, aside, failed } of moved) {
    if (existsSync(folder)) move(folder, failed)
    move(aside, folder)
  }
  const removeFailed = () => {
    if (record.hasServed) return
    for (const { failed } of record.setAside) rmSync(failed, { recursive: true, force: true })
  }
  const { control } = record
  let notStarted: HoldfastError | undefined
  if (record.wasRunning && control !== undefined && !(await isUp(place, record, signal))) {
    const start = () => runControl(place, control.start, 'starting the server on its old data', signal, startHint(record))
    // At once, because somebody waits for it. On a disk that the restore has filled it takes what that left to make room first.
    await start()
      .catch(() => {
        removeFailed()
        return start()
      })
      .catch((error: unknown) => (notStarted = toHoldfastError(error)))
  }
  removeFailed()
  forgetInPlace(context, record.component)
  const kept = record.hasServed ? record.setAside.map(({ failed }) => failed).filter((folder) => existsSync(folder)) : []
  return { kept, notStarted }
}

/** What can't be written down on a full disk is done all the same. */
function orElse(work: () => void): void {
  try {
    work()
  } catch {
    // As above.
  }
}

/** Whether a server runs there to which others get. */
const serves = async (place: Place, record: InPlaceRecord, signal: AbortSignal): Promise<boolean> =>
  (await isUp(place, record, signal)) && (record.container !== undefined || !isPrivate(record.dataDirectory))

/** What a person is told of it, after the words that say why. */
export function rolledBackText({ kept, notStarted }: RolledBack, { setAside, wasRunning, container }: InPlaceRecord): string {
  if (setAside.length === 0) return ''
  const server = container === undefined ? 'the server runs' : 'its container was started'
  return [
    'the old data is back in its place',
    ...(notStarted === undefined
      ? wasRunning
        ? [`, and ${server}`]
        : []
      : [`, and its server could not be started: ${notStarted.message}`]),
    ...(kept.length === 0 ? [] : [`; a server ran for all on what had been restored, which is kept: ${kept.join(', ')}`]),
  ].join('')
}

async function stopRestored(place: Place, record: InPlaceRecord, signal: AbortSignal): Promise<void> {
  const { container, control, dataDirectory } = record
  const stop = container !== undefined && control !== undefined ? control.stop : pgCtlStop(place, dataDirectory)
  await runControl(place, stop, 'stopping the restored server', signal, startHint(record))
}

/** Whether the server runs, or what starts it again by itself. */
export async function isUp(
  place: Place,
  { container, dataDirectory }: Pick<InPlaceRecord, 'container' | 'dataDirectory'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (container === undefined) return runsIn(dataDirectory)
  try {
    return (await describeContainer(place, container, signal)).running
  } catch (error) {
    // One that is gone runs nothing, and its data is put back all the same.
    if (toHoldfastError(error).code === 'container-missing') return false
    throw error
  }
}

/** It ends by itself when whoever began it is killed, but not before its last write. */
async function endRestorer(place: Place, { container }: InPlaceRecord, signal: AbortSignal): Promise<void> {
  if (container === undefined) return
  const options = { signal, deadlineMs: duration(1, 'm') }
  await runClient(place, container.runtime, ['rm', '--force', container.restorer], options)
}

/** Where to look when the server can't be started or stopped. */
export const startHint = ({ container }: Pick<InPlaceRecord, 'container'>): string | undefined =>
  container && `${container.runtime} logs --tail 50 ${container.name} says why`

/**
 * Ends what a killed restore in place left half done: forward when the restored cluster had been proven, else back. Throws when a
 * server runs meanwhile on what had been restored, and nobody has asked for the data of before.
 */
export async function settleInPlace(context: InPlaceContext, component: string, isAsked: boolean): Promise<string | undefined> {
  const record = readInPlace(context, component)
  if (record === undefined) return undefined
  const { place, signal } = context
  if (record.phase === 'restoring') {
    if (!isAsked && (await serves(place, record, signal))) throw runsMeanwhile(context, record)
    const text = rolledBackText(await rollBack(context, record), record)
    return `an earlier restore in place was killed before its end${text === '' ? '' : `: ${text}`}`
  }
  await endRestorer(place, record, signal)
  if (record.wasRunning && record.control !== undefined && !(await isUp(place, record, signal))) {
    await runControl(place, record.control.start, 'starting the restored server', signal, startHint(record))
  }
  forgetInPlace(context, component)
  const kept = record.setAside.map(({ aside }) => aside).join(', ')
  return `an earlier restore in place was killed when it was done but for its last words; the data of before lies in ${kept}`
}

/** As when the machine was switched off in the middle of it, and started the server by itself. */
function runsMeanwhile(context: InPlaceContext, { component, dataDirectory, setAside }: InPlaceRecord): HoldfastError {
  const before = setAside.map(({ aside }) => aside).join(', ')
  const message = `a restore in place of ${component} was cut short, and a server runs in ${dataDirectory} on what it had restored`
  const hint = [
    `to have the data of before back: holdfast restore ${component} --undo, which keeps what runs now beside it`,
    `to stay with what runs now: rm ${shellWord(inPlaceFile(context, component))}; the data of before lies in ${before === '' ? 'no place' : before}`,
  ].join('; ')
  return new HoldfastError('target-exists', message, { hint })
}
