import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { duration } from '../domain/duration.ts'
import type { ContainerRuntime } from '../domain/site.ts'
import type { Place } from '../places/place.ts'
import { describeContainer, runClient } from '../sources/postgres/container-inspection.ts'
import { pgCtlStop, runControl, runsIn, type ServerControl } from '../sources/postgres/server-control.ts'
import type { AppContext } from './context.ts'

/** A folder that is renamed to make room, and the name that a failed restore in its place gets on its way out. */
export interface SetAside {
  readonly folder: string
  readonly aside: string
  readonly failed: string
}

/** A container whose data is restored in place, and the one that restores it. */
export interface ContainerRestorer {
  readonly runtime: ContainerRuntime
  readonly name: string
  readonly restorer: string
}

/**
 * A restore in place while it goes on: all that is needed to put back what was there, written down before anything is moved.
 * What has been done of it shows in the folders themselves.
 */
export interface InPlaceRecord {
  readonly component: string
  /** As PostgreSQL knows it, and of a container as this machine does; the folders below are real paths. */
  readonly dataDirectory: string
  readonly container: ContainerRestorer | undefined
  /** The tablespaces first: the data directory's name is what a server starts by. Empty where there was no data. */
  readonly setAside: readonly SetAside[]
  readonly control: ServerControl | undefined
  readonly wasRunning: boolean
  /** `proven` once the restored cluster was seen to recover and answer: from then on it is the live one. */
  readonly phase: 'restoring' | 'proven'
}

const fileOf = (context: AppContext, component: string): string => join(context.stateDirectory, 'in-place', `${component}.json`)

/** On the disk before it returns: a power cut in the next moment must find it. */
export function writeInPlace(context: AppContext, record: InPlaceRecord): void {
  const file = fileOf(context, record.component)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = openSync(`${file}.new`, 'w', 0o600)
  try {
    writeSync(draft, JSON.stringify(record))
    fsyncSync(draft)
  } finally {
    closeSync(draft)
  }
  renameSync(`${file}.new`, file)
  flush(dirname(file))
}

export function readInPlace(context: AppContext, component: string): InPlaceRecord | undefined {
  const file = fileOf(context, component)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as InPlaceRecord) : undefined
}

export function forgetInPlace(context: AppContext, component: string): void {
  rmSync(fileOf(context, component), { force: true })
}

function flush(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/**
 * Puts back what a restore in place set aside, starts the server as it was, and removes what had been restored. May itself be
 * killed and begun again at any step. The old data is moved, never changed.
 */
export async function rollBack(context: AppContext, record: InPlaceRecord): Promise<void> {
  const { place } = context
  // What was interrupted is undone all the same.
  const { signal } = new AbortController()
  await endRestorer(place, record, signal)
  const moved = record.setAside.filter(({ aside }) => existsSync(aside))
  const dataMoved = moved.length > 0 || record.setAside.length === 0
  if (dataMoved && (await isUp(place, record, signal))) await stopRestored(place, record, signal)
  for (const { folder, aside, failed } of moved) {
    if (existsSync(folder)) renameSync(folder, failed)
    renameSync(aside, folder)
    flush(dirname(folder))
  }
  const removeFailed = () => {
    for (const { failed } of record.setAside) rmSync(failed, { recursive: true, force: true })
  }
  const { control } = record
  if (record.wasRunning && control !== undefined && !(await isUp(place, record, signal))) {
    const start = () => runControl(place, control.start, 'starting the server on its old data', signal, startHint(record))
    // At once, because somebody waits for it. On a disk that the restore has filled it takes what that left to make room first.
    await start().catch(() => {
      removeFailed()
      return start()
    })
  }
  removeFailed()
  forgetInPlace(context, record.component)
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
  return container === undefined ? runsIn(dataDirectory) : (await describeContainer(place, container, signal)).running
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

/** Ends what a killed restore in place left half done: forward when the restored cluster had been proven, else back. */
export async function settleInPlace(context: AppContext, component: string): Promise<string | undefined> {
  const record = readInPlace(context, component)
  if (record === undefined) return undefined
  if (record.phase === 'restoring') {
    await rollBack(context, record)
    return 'an earlier restore in place was killed before its end: the data that it had set aside is back in its place'
  }
  const { place, signal } = context
  await endRestorer(place, record, signal)
  if (record.wasRunning && record.control !== undefined && !(await isUp(place, record, signal))) {
    await runControl(place, record.control.start, 'starting the restored server', signal, startHint(record))
  }
  forgetInPlace(context, component)
  const kept = record.setAside.map(({ aside }) => aside).join(', ')
  return `an earlier restore in place was killed when it was done but for its last words; the data of before lies in ${kept}`
}
