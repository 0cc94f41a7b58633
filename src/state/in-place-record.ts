import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { secretVariables, type Command } from '../domain/command.ts'
import type { ContainerRuntime } from '../domain/site.ts'
import { byName, flag, listOf, object, oneOf, optional, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'

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

/** How the server is started and stopped. */
export interface ServerCommands {
  readonly start: Command
  readonly stop: Command
  readonly restart: Command
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
  readonly control: ServerCommands | undefined
  readonly wasRunning: boolean
  /** `proven` once the restored cluster was seen to recover and answer: from then on it is the live one. */
  readonly phase: 'restoring' | 'proven'
  /** A server ran for all on what had been restored, so that it is never removed. */
  readonly hasServed?: boolean
}

const command = object<Command>({
  program: text,
  arguments: listOf(text),
  environment: byName(text),
  secretEnvironment: listOf(oneOf(...secretVariables)),
  user: optional(text),
})

export const inPlaceRecords = defineStateFile<InPlaceRecord>({
  what: 'the record of a restore in place',
  version: 1,
  shape: object<InPlaceRecord>({
    component: text,
    dataDirectory: text,
    container: optional(object<ContainerRestorer>({ runtime: oneOf('docker', 'podman'), name: text, restorer: text })),
    setAside: listOf(object<SetAside>({ folder: text, aside: text, failed: text })),
    control: optional(object<ServerCommands>({ start: command, stop: command, restart: command })),
    wasRunning: flag,
    phase: oneOf('restoring', 'proven'),
    hasServed: optional(flag),
  }),
  mode: 0o600,
  folderMode: 0o700,
  keep: 'durable',
  whenUnusable: {
    code: 'state-unreadable',
    hint: (file) =>
      `the data of before, if it was set aside, lies beside the data directory as <name>.before-restore-<time>: move it back with the server stopped, or stay with what is there; then mv ${file} ${file}.unusable, and give the command again`,
  },
})

/** Whose state it is. */
interface StateOfSite {
  readonly stateDirectory: string
}

export const inPlaceFile = ({ stateDirectory }: StateOfSite, component: string): string =>
  join(stateDirectory, 'in-place', `${component}.json`)

/** On the disk before it returns: a power cut in the next moment must find it. */
export const writeInPlace = (site: StateOfSite, record: InPlaceRecord): void =>
  inPlaceRecords.write(inPlaceFile(site, record.component), record)

/** Throws `state-unreadable` for one that is there and of no use: nobody else knows what has been moved. */
export const readInPlace = (site: StateOfSite, component: string): InPlaceRecord | undefined =>
  inPlaceRecords.read(inPlaceFile(site, component))

export const forgetInPlace = (site: StateOfSite, component: string): void => rmSync(inPlaceFile(site, component), { force: true })
